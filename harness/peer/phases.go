package peer

import (
	"context"
	"sync"

	"github.com/highwater-dev/highwater/harness"
)

// phase is one phase as connections see it: over is done as soon as another one, or
// the end of the run, takes its place.
type phase struct {
	harness.Phase
	over context.Context
	end  context.CancelFunc
	seed uint64 // of all that is left to chance
	// waiting marks the time before the first phase: the sink does not read.
	waiting bool
}

// isOver says whether another phase has begun.
func (p *phase) isOver() bool { return p.over.Err() != nil }

// phases holds the current phase and the start. Whoever follows phases must look at
// current again after over; whoever blocks outside of Go's select must be in woken's care.
type phases struct {
	run   context.Context
	seed  uint64
	woken func() // called after each change

	mu      sync.Mutex
	now     *phase
	started bool
	start   chan struct{} // closed by begin
	flow    chan struct{} // closed when started and in a phase
}

func newPhases(run context.Context, seed uint64, woken func()) *phases {
	p := &phases{run: run, seed: seed, woken: woken, start: make(chan struct{}), flow: make(chan struct{})}
	p.now = p.make(harness.Phase{})
	p.now.waiting = true
	return p
}

func (p *phases) make(told harness.Phase) *phase {
	over, end := context.WithCancel(p.run)
	return &phase{Phase: told, over: over, end: end, seed: p.seed}
}

func (p *phases) current() *phase {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// set begins a phase.
func (p *phases) set(told harness.Phase) {
	p.mu.Lock()
	old := p.now
	p.now = p.make(told)
	if old.waiting && p.started {
		close(p.flow)
	}
	p.mu.Unlock()
	// After the new one is in place: whoever is woken finds it.
	old.end()
	p.woken()
}

// begin starts the load; only the first call does anything.
func (p *phases) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.started {
		return
	}
	p.started = true
	close(p.start)
	if !p.now.waiting {
		close(p.flow)
	}
}
