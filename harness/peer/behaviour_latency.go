package peer

import (
	"math/rand/v2"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

// latency waits before each read, more or less by up to the jitter, evenly spread.
type latency struct {
	wait, jitter time.Duration
	dice         *rand.Rand
}

func newLatency(wait, jitter harness.Duration, dice *rand.Rand) latency {
	return latency{time.Duration(wait), time.Duration(jitter), dice}
}

func (l latency) before(c pausable, limit int) (int, error) {
	wait := l.wait
	if l.jitter > 0 {
		wait += time.Duration(l.dice.Int64N(2*int64(l.jitter)+1)) - l.jitter
	}
	return limit, c.pause(wait)
}
