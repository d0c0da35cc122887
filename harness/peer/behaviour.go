package peer

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

// behaviour is one way in which a sink connection reads. It serves one connection in
// one phase, and is asked before every read.
type behaviour interface {
	// before returns how many bytes the next read may take, at most limit and at least
	// one, after having waited as it sees fit. It passes on pause's error, and errLeft.
	before(c pausable, limit int) (int, error)
}

// pausable is what a behaviour sees of its connection.
type pausable interface {
	// pause waits, or with forever until the phase is over; errPhaseOver then.
	pause(d time.Duration) error
	// received is the number of bytes read so far.
	received() int64
	// leave closes the connection, with a reset where that is wanted, and returns errLeft.
	leave(reset bool) error
	// halfClose closes the sending side, once.
	halfClose() error
}

// forever is the pause that only the end of the phase ends.
const forever time.Duration = -1

var (
	errPhaseOver = errors.New("the phase is over")
	errLeft      = errors.New("the peer left")
)

// behaviours is the chain for a connection in a phase; each narrows what the one
// before it allows. Who leaves does so before it waits for anything.
func behaviours(p *phase, number, received int64) []behaviour {
	told := p.of(number)
	var chain []behaviour
	add := func(wanted bool, b behaviour) {
		if wanted {
			chain = append(chain, b)
		}
	}
	add(p.Leave, leaving{})
	add(told.ResetAfter > 0, leaving{int64(told.ResetAfter), true})
	add(told.DisconnectAfter > 0, leaving{int64(told.DisconnectAfter), false})
	add(told.HalfCloseAfter > 0, halfClosing(told.HalfCloseAfter))
	add(p.waiting || told.StopReading, stopReading{})
	add(told.StallAfter > 0, stalling(told.StallAfter))
	if told.Latency > 0 {
		chain = append(chain, newLatency(told.Latency, told.Jitter, dice(p.seed, number)))
	}
	if told.Trickle != nil {
		chain = append(chain, trickling(*told.Trickle))
	}
	if told.Rate > 0 {
		chain = append(chain, readAtRate(told.Rate, received))
	}
	return chain
}

// until narrows a read so that it ends at a count of bytes.
func until(count, received int64, limit int) int {
	return int(min(int64(limit), count-received))
}

// dice are a connection's own: the same seed throws the same numbers, however many
// connections there are and in which order they ask.
func dice(seed uint64, number int64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(number)))
}

// of is how a connection behaves in the phase: as the share says that it falls into, or
// as the rest does. It falls into the same place in every phase.
func (p *phase) of(number int64) harness.Behaviour {
	if len(p.Some) == 0 {
		return p.Behaviour
	}
	thrown, sum := dice(p.seed, number).Float64(), 0.0
	for _, some := range p.Some {
		if sum += some.Share; thrown < sum {
			return some.Behaviour
		}
	}
	return p.Behaviour
}
