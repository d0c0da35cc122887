package peer

import (
	"errors"
	"time"
)

// behaviour is one way in which a sink connection reads. It serves one connection in
// one phase, and is asked before every read.
type behaviour interface {
	// before returns how many bytes the next read may take, at most limit and at least
	// one, after having waited as it sees fit. It passes on pause's error.
	before(c pausable, limit int) (int, error)
}

// pausable is what a behaviour sees of its connection.
type pausable interface {
	// pause waits, or with forever until the phase is over; errPhaseOver then.
	pause(d time.Duration) error
	// received is the number of bytes read so far.
	received() int64
}

// forever is the pause that only the end of the phase ends.
const forever time.Duration = -1

var errPhaseOver = errors.New("the phase is over")

// behaviours is the chain for a connection in a phase; each narrows what the one
// before it allows.
func behaviours(p *phase, received int64) []behaviour {
	var chain []behaviour
	if p.waiting || p.StopReading {
		chain = append(chain, stopReading{})
	}
	if p.Rate > 0 {
		chain = append(chain, readAtRate(p.Rate, received))
	}
	return chain
}
