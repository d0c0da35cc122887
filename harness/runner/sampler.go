package runner

import (
	"cmp"
	"context"
	"maps"
	"sync"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

// Pace of sampling: twenty lines a second, and how long a line waits for the peer and
// the runtime. What comes later stands in the next line: a program that is busy
// collecting garbage must not hold up the kernel's figures.
const (
	sampleEvery = 50 * time.Millisecond
	sampleWait  = 35 * time.Millisecond
	askTimeout  = 5 * time.Second

	unwatchedEvery = time.Second
)

// sampler writes one line of samples at a time, from three sources: the kernel, the
// peer, and the program's runtime.
type sampler struct {
	x      *execution
	askers []*asker

	mu     sync.Mutex
	latest map[harness.Metric]float64 // the last known value of each metric
	near   chan struct{}              // closed when memory comes near the limit
	once   sync.Once
}

func newSampler(x *execution) *sampler {
	s := &sampler{x: x, latest: map[harness.Metric]float64{}, near: make(chan struct{})}
	s.askers = append(s.askers, newAsker(x.peer.Stats))
	if x.debug != nil && x.runner.Watch != WatchNone {
		s.askers = append(s.askers, newAsker(func(ctx context.Context) (map[harness.Metric]float64, error) {
			select {
			case <-x.instance.Done():
				return nil, nil // nobody is there to answer
			default:
			}
			values := map[harness.Metric]float64{}
			return values, x.debug.Sample(ctx, values)
		}))
	}
	return s
}

// run samples until ctx ends, and once more after that.
func (s *sampler) run(ctx context.Context) {
	var asking sync.WaitGroup
	asked, cancel := context.WithCancel(context.Background())
	defer asking.Wait()
	defer cancel()
	for _, a := range s.askers {
		asking.Go(func() { a.run(asked) })
	}
	pace := sampleEvery
	if s.x.runner.Watch == WatchNone {
		pace = unwatchedEvery
	}
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			// The last counts matter more than the pace. The first of these takes an
			// answer that may still be due to an old question, the second asks anew.
			s.sample(askTimeout)
			s.sample(askTimeout)
			return
		case <-ticker.C:
			s.sample(sampleWait)
		}
	}
}

// sample reads the kernel first, since its figures vanish with the program, and takes
// from the others what comes in time.
func (s *sampler) sample(wait time.Duration) {
	values := map[harness.Metric]float64{}
	seconds := time.Since(s.x.started).Seconds()
	_ = s.x.instance.Sample(values) // nothing to add once the program has gone
	// A deadline, since a timer tells only the first who waits for it.
	late, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	for _, a := range s.askers {
		a.ask()
	}
	for _, a := range s.askers {
		a.collect(late, values)
	}
	if len(values) == 0 {
		return
	}
	s.x.dir.Sample(harness.Sample{Seconds: seconds, Values: values})
	s.mu.Lock()
	maps.Copy(s.latest, values)
	latest := maps.Clone(s.latest)
	s.mu.Unlock()
	s.noticeLimit(latest)
	s.x.progress(cmp.Or(s.x.currentPhase(), "ready"), latest)
}

// noticeLimit wakes the profiler while there is still time for a profile.
func (s *sampler) noticeLimit(latest map[harness.Metric]float64) {
	if anon := latest[harness.MemoryAnon]; anon >= s.x.profiler.nearBytes(anon) {
		s.once.Do(func() { close(s.near) })
	}
}

// values are the last known values of all metrics.
func (s *sampler) values() map[harness.Metric]float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.latest)
}

// asker asks one source, one question at a time, and never makes the sampler wait
// for longer than it wants to.
type asker struct {
	read    func(context.Context) (map[harness.Metric]float64, error)
	asked   chan struct{}
	answers chan map[harness.Metric]float64
	waiting bool // an answer is still to come; used by the sampler alone
}

func newAsker(read func(context.Context) (map[harness.Metric]float64, error)) *asker {
	return &asker{read: read, asked: make(chan struct{}, 1), answers: make(chan map[harness.Metric]float64, 1)}
}

func (a *asker) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.asked:
		}
		limited, cancel := context.WithTimeout(ctx, askTimeout)
		values, err := a.read(limited)
		cancel()
		if err != nil {
			values = nil
		}
		a.answers <- values
	}
}

func (a *asker) ask() {
	if !a.waiting {
		a.waiting = true
		a.asked <- struct{}{}
	}
}

// collect adds the answer if it comes in time. One that is there already counts, even
// when waiting for another source has used up the time.
func (a *asker) collect(late context.Context, values map[harness.Metric]float64) {
	select {
	case answer := <-a.answers:
		a.take(answer, values)
		return
	default:
	}
	select {
	case answer := <-a.answers:
		a.take(answer, values)
	case <-late.Done():
	}
}

func (a *asker) take(answer, values map[harness.Metric]float64) {
	a.waiting = false
	maps.Copy(values, answer)
}
