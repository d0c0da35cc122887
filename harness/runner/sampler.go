package runner

import (
	"cmp"
	"context"
	"maps"
	"sync"
	"time"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
)

// Pace of sampling: twenty lines a second, and how long a line waits for the peer and
// the runtime. What comes later stands in the next line: a program that is busy
// collecting garbage must not hold up the kernel's figures.
const (
	sampleEvery = 50 * time.Millisecond
	sampleWait  = 35 * time.Millisecond
	askTimeout  = 5 * time.Second

	// queuesEvery is the pace of reading TCP queues: the kernel walks the whole machine's
	// connections for it.
	queuesEvery = 500 * time.Millisecond

	// inspectEvery is the pace of questions to an inspector: each runs in the program's only
	// thread.
	inspectEvery = 200 * time.Millisecond

	unwatchedEvery = time.Second

	// precedenceEvery is how soon a new thread of this process goes first, too.
	precedenceEvery = time.Second
)

// sampler writes one line of samples at a time, from these sources: the kernel, the
// peer, the program's TCP queues, its runtime, and the scenario's database.
type sampler struct {
	x       *execution
	askers  []*asker
	runtime *asker // one of them; nil where nothing can be asked

	mu     sync.Mutex
	latest map[harness.Metric]float64 // the last known value of each metric
	high   alarm                      // memory is well on its way to the limit
	near   alarm                      // memory comes near the limit
}

func newSampler(x *execution) *sampler {
	s := &sampler{x: x, latest: map[harness.Metric]float64{}, high: newAlarm(), near: newAlarm()}
	s.askers = append(s.askers, newAsker(x.peer.Stats))
	if wired, tells := x.instance.(engine.Wired); tells {
		s.askers = append(s.askers, newAsker(seldom(queuesEvery, func(context.Context) (map[harness.Metric]float64, error) {
			values := map[harness.Metric]float64{}
			return values, wired.SampleQueues(values)
		})))
	}
	if x.services.watch != nil {
		s.askers = append(s.askers, newAsker(x.services.watch.Sample))
	}
	if x.debug != nil {
		ask := x.askRuntime
		if x.node != nil {
			ask = x.onceLoaded(seldom(inspectEvery, ask))
		}
		s.runtime = newAsker(ask)
		s.askers = append(s.askers, s.runtime)
	}
	return s
}

func (x *execution) askRuntime(ctx context.Context) (map[harness.Metric]float64, error) {
	select {
	case <-x.instance.Done():
		return nil, nil // nobody is there to answer
	default:
	}
	values := map[harness.Metric]float64{}
	return values, x.debug.Sample(ctx, values)
}

// onceLoaded asks nothing before the load begins. A script that fails on its way there tells
// its error when its debugger lets go of it, and may die of a question that comes just then:
// the error would be lost.
func (x *execution) onceLoaded(ask func(context.Context) (map[harness.Metric]float64, error)) func(context.Context) (map[harness.Metric]float64, error) {
	return func(ctx context.Context) (map[harness.Metric]float64, error) {
		if x.loadedAt().IsZero() {
			return nil, nil
		}
		return ask(ctx)
	}
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
	again := time.NewTicker(precedenceEvery)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			_ = TakePrecedence() // where it may not, the facts of the run say so
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
	begun := time.Now()
	seconds := begun.Sub(s.x.started).Seconds()
	_ = s.x.instance.Sample(values) // nothing to add once the program has gone
	read := time.Now()
	// A deadline, since a timer tells only the first who waits for it.
	late, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	for _, a := range s.askers {
		a.ask()
	}
	for _, a := range s.askers {
		if arrived := a.collect(late, values); a == s.runtime && !arrived.IsZero() {
			// The runtime looked at some moment between question and answer.
			values[harness.RuntimeSkew] = max(arrived.Sub(begun), read.Sub(a.at)).Seconds()
		}
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
	anon := latest[harness.MemoryAnon]
	if anon >= s.x.profiler.nearBytes(anon) {
		s.near.ring()
	}
	if limit := float64(s.x.scenario.Limits.Memory); limit > 0 && anon >= highShare*limit {
		s.high.ring()
	}
}

// alarm can ring once.
type alarm struct {
	rung chan struct{}
	once *sync.Once
}

func newAlarm() alarm { return alarm{make(chan struct{}), new(sync.Once)} }

func (a alarm) ring() { a.once.Do(func() { close(a.rung) }) }

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
	answers chan answer
	// Used by the sampler alone: whether an answer is still to come, and when it was
	// asked for.
	waiting bool
	at      time.Time
}

// answer is what was told, and when.
type answer struct {
	values  map[harness.Metric]float64
	arrived time.Time
}

func newAsker(read func(context.Context) (map[harness.Metric]float64, error)) *asker {
	return &asker{read: read, asked: make(chan struct{}, 1), answers: make(chan answer, 1)}
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
		a.answers <- answer{values, time.Now()}
	}
}

func (a *asker) ask() {
	if !a.waiting {
		a.waiting, a.at = true, time.Now()
		a.asked <- struct{}{}
	}
}

// collect adds the answer if it comes in time. One that is there already counts, even
// when waiting for another source has used up the time. It returns when the answer
// arrived; zero where none did, or it said nothing.
func (a *asker) collect(late context.Context, values map[harness.Metric]float64) time.Time {
	select {
	case told := <-a.answers:
		return a.take(told, values)
	default:
	}
	select {
	case told := <-a.answers:
		return a.take(told, values)
	case <-late.Done():
		return time.Time{}
	}
}

func (a *asker) take(told answer, values map[harness.Metric]float64) time.Time {
	a.waiting = false
	maps.Copy(values, told.values)
	if len(told.values) == 0 {
		return time.Time{}
	}
	return told.arrived
}
