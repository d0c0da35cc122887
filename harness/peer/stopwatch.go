package peer

import (
	"sync"
	"time"
)

// stopwatch sums the time of any number of spans that may overlap, those in progress
// included. Many connections share one: the sum over spans begun at b and ended at e
// is the sum of all e, less the sum of all b, so that a reader need not visit them.
type stopwatch struct {
	mu      sync.Mutex
	running int64
	sum     time.Duration // ends less begins, since epoch
}

// epoch keeps the sums small; only differences to it matter.
var epoch = time.Now()

func (s *stopwatch) start() {
	now := time.Since(epoch)
	s.mu.Lock()
	s.running++
	s.sum -= now
	s.mu.Unlock()
}

func (s *stopwatch) stop() {
	now := time.Since(epoch)
	s.mu.Lock()
	s.running--
	s.sum += now
	s.mu.Unlock()
}

// seconds is the sum up to now.
func (s *stopwatch) seconds() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	// The clock is read under the lock: a span that began later would count as negative.
	now := time.Since(epoch)
	return (s.sum + time.Duration(s.running)*now).Seconds()
}
