package runner

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

const leadEvery = 25 * time.Millisecond

// ending is why a run ends, when it is not the program's own end.
type ending struct {
	kind harness.EventKind
	text string
}

// startWatching starts sampler and profiler. The returned function ends both and
// waits for them.
func (x *execution) startWatching() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { x.sampler.run(ctx) })
	return func() {
		cancel()
		watching.Wait()
	}
}

// lead waits until the program is ready, begins the load, and goes through the phases.
func (x *execution) lead(ctx context.Context) error {
	x.progress("ready", nil)
	if ready, err := x.waitReady(ctx); !ready {
		return err
	}
	x.event(harness.Event{Kind: harness.EventReady, Text: x.described()})
	x.profiler.first(ctx)
	x.listDescriptors()

	ctx, cancel := context.WithTimeout(ctx, time.Duration(x.scenario.Timeout))
	defer cancel()
	profiling, endProfiling := context.WithCancel(ctx)
	var profiler sync.WaitGroup
	defer profiler.Wait()
	defer endProfiling()
	end, err := x.phases(ctx, func() { profiler.Go(func() { x.profiler.run(profiling) }) })
	if err != nil || end == nil {
		return err
	}
	x.event(harness.Event{Kind: end.kind, Text: end.text})
	return nil
}

// phases runs them one by one, until the last is over, the program has ended, or it
// shows that nothing more is to come.
func (x *execution) phases(ctx context.Context, begun func()) (*ending, error) {
	watch := &stillness{limit: x.scenario.Limits.Memory}
	for i, phase := range x.scenario.Sink.Phases {
		if err := x.peer.Phase(ctx, phase); err != nil {
			return nil, fmt.Errorf("begin phase %s: %w", phase.Name, err)
		}
		if i == 0 {
			x.setLoaded(time.Now())
			x.event(harness.Event{Kind: harness.EventLoad})
			if err := x.peer.Start(ctx); err != nil {
				return nil, fmt.Errorf("begin load: %w", err)
			}
			begun()
		}
		x.setPhase(phase.Name)
		x.event(harness.Event{Kind: harness.EventPhase, Phase: phase.Name})
		watch.begin(phase)
		end, exited := x.waitPhase(ctx, phase, watch)
		if exited {
			return nil, x.afterExit(ctx)
		}
		if end == nil && ctx.Err() != nil {
			return nil, nil // the user ended it
		}
		x.profiler.phaseEnd(context.WithoutCancel(ctx)) // also after the timeout
		x.listDescriptors()
		if end != nil {
			return end, nil
		}
	}
	return &ending{harness.EventStop, "all phases are over"}, nil
}

// waitPhase waits for the end of one phase. exited: the program has ended.
func (x *execution) waitPhase(ctx context.Context, phase harness.Phase, watch *stillness) (end *ending, exited bool) {
	var over <-chan time.Time
	if phase.For > 0 {
		over = time.After(time.Duration(phase.For))
	}
	var drain drain
	ticker := time.NewTicker(leadEvery)
	defer ticker.Stop()
	for {
		select {
		case <-x.instance.Done():
			return nil, true
		case <-ctx.Done():
			if context.Cause(ctx) == context.DeadlineExceeded {
				return &ending{harness.EventTimeout, "the scenario's timeout of " + x.scenario.Timeout.String() + " is over"}, false
			}
			return nil, false
		case <-over:
			return nil, x.dying.Load() && x.endsSoon()
		case <-ticker.C:
			values := x.sampler.values()
			if end := watch.look(values, time.Now()); end != nil {
				return end, false
			}
			if phase.Until == harness.UntilDrained && drain.complete(values, x.scenario.Sink, time.Now()) {
				x.event(harness.Event{Kind: harness.EventDrained})
				return nil, x.leaves(ctx, values)
			}
		}
	}
}

func (x *execution) setPhase(name string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.phase = name
}

func (x *execution) currentPhase() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.phase
}

func (x *execution) setLoaded(at time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.loaded = at
}

// loadedAt is when the load began; zero before.
func (x *execution) loadedAt() time.Time {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.loaded
}
