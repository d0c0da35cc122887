package runner

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/google/pprof/profile"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/probe"
)

// One schedule for every twin: a profile every 500 ms, or every ten times what the
// last one cost, whichever is longer; one at the end of each phase; and a few without
// a pause when memory comes near the limit. The cost of the first, before the load, does
// not count: a cold program and a new connection say nothing of the next. The collection
// that each asks for changes the run, so both sides of a comparison have to be changed
// alike.
const (
	profileEvery   = 500 * time.Millisecond
	profileShare   = 10
	profileTimeout = 10 * time.Second
	// nearShare is where the last profile is taken at the latest; with a fast growth
	// it is taken earlier, twice a profile's cost before the limit.
	nearShare = 0.90
	// highShare is where a script's streams are listed: late enough that the culprit is full,
	// and early enough for the collection and the pause that the list costs.
	highShare = 0.60
	// growthSpan is the least span that tells a growth from a hiccup.
	growthSpan = 4 * sampleEvery
	// nearProfiles are taken there without a pause: the first will be safe, and one of
	// those after it the last that the program lived to give.
	nearProfiles = 4
	// maxGoroutines bounds goroutine profiles, which stop the world.
	maxGoroutines = 10_000
	// ringSize bounds the profiles that are kept besides the first, the last and
	// those at phase ends.
	ringSize = 6
)

// profiler takes heap profiles and keeps few of them: the first, the last good one,
// those at phase ends, and some between. A doubling buffer gives no second chance, so
// the last good one is always from less than a period before the end.
type profiler struct {
	x *execution

	mu       sync.Mutex // one profile at a time
	number   int
	between  []string // kept and droppable, oldest first
	cost     time.Duration
	growth   float64 // bytes per second, between the last two profiles; 0 before the second
	lastAnon float64
	lastAt   time.Time
}

func newProfiler(x *execution) *profiler { return &profiler{x: x} }

func (p *profiler) enabled() bool {
	return p.x.debug != nil && (p.x.runner.Watch == WatchAll || p.x.runner.Watch == "")
}

// run takes profiles until ctx ends.
func (p *profiler) run(ctx context.Context) {
	if !p.enabled() {
		return
	}
	high, near, hurry, pause := p.x.sampler.high.rung, p.x.sampler.near.rung, 0, profileEvery
	for {
		select {
		case <-ctx.Done():
			return
		case <-high:
			high = nil // once
			p.streams(ctx)
			continue
		case <-near:
			near, hurry = nil, nearProfiles // once
		case <-time.After(pause):
		}
		p.heap(ctx, false)
		pause = max(profileEvery, profileShare*p.lastCost())
		if hurry = max(0, hurry-1); hurry > 0 {
			pause = 0
		}
	}
}

// first takes the profile that growth is measured from, before the load.
func (p *profiler) first(ctx context.Context) {
	if p.enabled() {
		p.heap(ctx, true)
	}
}

// phaseEnd takes profiles that are always kept.
func (p *profiler) phaseEnd(ctx context.Context) {
	if !p.enabled() {
		return
	}
	p.heap(ctx, true)
	p.streams(ctx)
	program, isGo := p.x.debug.(*probe.Go)
	if isGo && p.x.sampler.values()[harness.Goroutines] < maxGoroutines {
		p.take(ctx, harness.ProfileGoroutine, program.GoroutineProfile, true)
		// A program that does not have this one answers so, and goes without.
		p.take(ctx, harness.ProfileGoroutineLeak, program.GoroutineLeakProfile, true)
	}
}

// streams lists a script's streams and what lies in them.
func (p *profiler) streams(ctx context.Context) {
	if p.x.node == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	limited, cancel := context.WithTimeout(ctx, profileTimeout)
	defer cancel()
	started := time.Now()
	groups, err := p.x.node.Streams(limited)
	if err != nil {
		return // it died meanwhile, or hangs: the list before, if any, is the last
	}
	p.x.event(harness.Event{Kind: harness.EventStreams, Streams: groups,
		Text: fmt.Sprintf("took %.0f ms", time.Since(started).Seconds()*1000)})
}

func (p *profiler) heap(ctx context.Context, keep bool) {
	started := time.Now()
	if !p.take(ctx, harness.ProfileHeap, p.x.debug.HeapProfile, keep) {
		return
	}
	anon := p.x.sampler.values()[harness.MemoryAnon]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cost = time.Since(started)
	if !p.lastAt.IsZero() {
		p.growth = max(0, (anon-p.lastAnon)/time.Since(p.lastAt).Seconds())
	}
	p.lastAnon, p.lastAt = anon, time.Now()
}

// take writes one profile and its event. A program that dies meanwhile leaves no
// trace: the one before is then the last good one.
func (p *profiler) take(ctx context.Context, kind string, read func(context.Context) ([]byte, error), keep bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	limited, cancel := context.WithTimeout(ctx, profileTimeout)
	defer cancel()
	started := time.Now()
	text, err := read(limited)
	if err != nil || len(text) == 0 {
		return false
	}
	name := fmt.Sprintf("%04d.pb.gz", p.number)
	p.number++
	if err := p.x.dir.Profile(name, text); err != nil {
		return false
	}
	values := p.counted(limited, kind, text)
	p.x.event(harness.Event{
		Kind: harness.EventProfile, Profile: name, ProfileKind: kind, Values: values,
		Text: fmt.Sprintf("took %.0f ms", time.Since(started).Seconds()*1000),
	})
	if kind == harness.ProfileHeap && !keep {
		p.keepSome(name)
	}
	return true
}

// counted are the figures that belong to a profile: what is live right after the
// collection of a heap profile is the floor.
func (p *profiler) counted(ctx context.Context, kind string, text []byte) map[harness.Metric]float64 {
	values := map[harness.Metric]float64{}
	switch kind {
	case harness.ProfileHeap:
		_ = p.x.debug.Sample(ctx, values)
		if p.x.node != nil {
			// V8 does not say what is live; right after a collection that is all there is.
			values[harness.HeapLive] = values[harness.HeapObjects] + values[harness.External]
		}
	case harness.ProfileGoroutineLeak:
		leaks, err := profile.ParseData(text)
		if err != nil {
			break
		}
		values[harness.LeakedGoroutines] = 0
		for _, sample := range leaks.Sample {
			values[harness.LeakedGoroutines] += float64(sample.Value[0])
		}
	}
	return values
}

// keepSome drops every second of the profiles between when there are too many. The
// newest always stays: it may become the last good one.
func (p *profiler) keepSome(name string) {
	p.between = append(p.between, name)
	if len(p.between) <= 2*ringSize {
		return
	}
	var kept []string
	for i, old := range p.between {
		if i%2 == 0 || i == len(p.between)-1 {
			kept = append(kept, old)
			continue
		}
		_ = p.x.dir.RemoveProfile(old) // its event stays; readers skip what is gone
	}
	p.between = kept
}

func (p *profiler) lastCost() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cost
}

// nearBytes is where the profile near the limit is due, given the memory now: twice the
// growth during one profile below it, and never above nine tenths.
func (p *profiler) nearBytes(anon float64) float64 {
	limit := float64(p.x.scenario.Limits.Memory)
	if limit <= 0 {
		return math.Inf(1) // a program that runs without a limit comes near none
	}
	if !p.mu.TryLock() {
		return nearShare * limit // a profile is being taken: its figures come next
	}
	defer p.mu.Unlock()
	growth := p.growth
	if since := time.Since(p.lastAt); !p.lastAt.IsZero() && since > growthSpan {
		growth = max(growth, (anon-p.lastAnon)/since.Seconds()) // it may have begun after the last one
	}
	return min(nearShare*limit, limit-2*growth*p.cost.Seconds())
}
