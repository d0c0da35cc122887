package analysis_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

// The recordings of these tests are constructed, not measured: a simple model of two
// paced ends with kernel buffers and a program between them writes real run
// directories. Its shapes (rates, garbage, time to death) follow what was measured.

const mib = float64(harness.MiB)

// program is what stands between source and sink in a constructed run.
type program struct {
	offer  float64 // bytes a second the source offers
	rows   float64 // of 1 KiB; the source ends with them
	slow   float64 // bytes a second the sink reads in its slow phase; 0: it stops reading
	fast   bool    // the sink is never slow
	buffer float64 // bytes the program takes before it waits; infinite: never waits
	gather bool    // delivers nothing before it has everything
	fills  bool    // delivers nothing before its buffer was full once
	drops  bool    // never waits and throws away what does not fit
	starve float64 // share of time in which a busy processor keeps it from reading
	factor float64 // bytes of memory a byte of backlog
	litter float64 // bytes of garbage a second that nobody collects
	limit  float64 // of memory; passing it kills
	length float64 // seconds of the slow phase
	stays  bool    // does not exit when all is done: highwater stops it

	engages harness.Engagement
	bound   harness.Bytes
	variant harness.Variant
	exit    *harness.Exit // instead of the one that the model arrives at
	ends    float64       // the moment of that exit
	// extra adds or replaces values of a sample; events are added as they are.
	extra  func(t float64, values map[harness.Metric]float64)
	events []harness.Event
	stderr string
	sites  []frame // where a heap profile finds memory, leaf first
	blind  bool    // no heap profiles
}

type frame struct {
	name, file string
	line       int64
}

const (
	loadAt = 1.5 // the load begins this long after the run
	kernel = 4 * mib
	idle   = 6 * mib
)

func defaults(p program) program {
	set := func(value *float64, usual float64) {
		if *value == 0 {
			*value = usual
		}
	}
	set(&p.offer, 40*mib)
	set(&p.rows, 100_000)
	set(&p.buffer, mib)
	set(&p.factor, 1.5)
	set(&p.limit, 256*mib)
	set(&p.length, 8)
	if p.slow == 0 && !p.fast {
		p.slow = 2 * mib
	}
	if p.bound == 0 {
		p.bound = 16 * harness.MiB
	}
	if p.engages == "" {
		p.engages = harness.EngagesPressure
	}
	if p.variant.Name == "" {
		p.variant = harness.Variant{Name: "go/test", Go: "./go/test"}
	}
	return p
}

// record writes the run directory of a program and reads it again.
func record(t testing.TB, p program) *harness.Recording {
	t.Helper()
	p = defaults(p)
	phases := []harness.Phase{{Name: "slow", For: harness.Duration(p.length * 1e9), Behaviour: harness.Behaviour{Rate: harness.Rate(max(p.slow, 0)), StopReading: p.slow < 0}}, {Name: "drain", Until: harness.UntilDrained}}
	if p.fast {
		phases = []harness.Phase{{Name: "fast", For: harness.Duration(p.length * 1e9)}, {Name: "drain", Until: harness.UntilDrained}}
	}
	info := harness.RunInfo{ID: "constructed", Engine: "process", Variant: p.variant, Scenario: harness.Scenario{
		ID: "test", Bound: p.bound, Engages: p.engages, Limits: harness.Limits{Memory: harness.Bytes(p.limit)},
		Sink: harness.Sink{Kind: harness.SinkTCP, Phases: phases}}}
	dir := filepath.Join(t.TempDir(), "run")
	w, err := harness.CreateRun(dir, info)
	require.NoError(t, err)
	(&model{program: p, w: w, t: t, noise: rand.New(rand.NewPCG(7, 11))}).run(phases)
	require.NoError(t, w.Close())
	if p.stderr != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, harness.StderrFile), []byte(p.stderr), 0o644))
	}
	rec, err := harness.OpenRun(dir)
	require.NoError(t, err)
	return rec
}

type model struct {
	program
	w     *harness.RunWriter
	t     testing.TB
	noise *rand.Rand

	taken, delivered, dropped, blocked, offered, open, unread, hungry float64
	closed, broken                                                    float64
	profiles                                                          int
}

func (m *model) run(phases []harness.Phase) {
	m.sample(loadAt-0.5, 0)
	m.w.Event(harness.Event{Seconds: loadAt, Kind: harness.EventLoad})
	m.w.Event(harness.Event{Seconds: loadAt, Kind: harness.EventPhase, Phase: phases[0].Name})
	const dt = 0.005
	drained := false
	for step := 0; step < 60_000; step++ {
		t := float64(step) * dt
		if step == int(m.length/dt) {
			m.w.Event(harness.Event{Seconds: loadAt + t, Kind: harness.EventPhase, Phase: phases[1].Name})
		}
		anon := m.anon(t)
		if step%10 == 0 {
			m.sample(loadAt+t, anon)
		}
		if step%100 == 0 && !m.blind {
			m.heap(loadAt + t)
		}
		if m.over(t, anon) {
			return
		}
		done := m.taken >= m.rows*1024 && m.backlog() < 1
		if done && !drained && m.dropped == 0 {
			drained = true
			m.w.Event(harness.Event{Seconds: loadAt + t, Kind: harness.EventDrained})
		}
		if done && m.stays && t > m.length+2.5 {
			m.finish(t, harness.EventStop, harness.Exit{Signal: "terminated", By: harness.ByHighwater})
			return
		}
		if done && !m.stays {
			m.finish(t, "", harness.Exit{By: harness.ByProgram})
			return
		}
		m.move(t, dt)
	}
	m.t.Fatal("the constructed program never ends")
}

// over says whether something ended the program before its work was done.
func (m *model) over(t, anon float64) bool {
	switch {
	case m.exit != nil && t >= m.ends:
		m.finish(t, "", *m.exit)
	case anon >= m.limit:
		m.finish(t, harness.EventOOM, harness.Exit{Code: 137, Signal: "killed", By: harness.ByKernel, OOMKilled: true})
	default:
		return false
	}
	return true
}

func (m *model) finish(t float64, why harness.EventKind, exit harness.Exit) {
	if exit.By == harness.ByKernel || exit.Code != 0 { // the kernel closes its sockets before anybody notices
		m.broken = 1
		m.sample(loadAt+t+0.05, 0)
		m.sample(loadAt+t+0.1, 0)
		t += 0.3
	}
	for _, event := range m.events {
		m.w.Event(event)
	}
	if why != "" {
		m.w.Event(harness.Event{Seconds: loadAt + t, Kind: why})
	}
	if exit.By != harness.ByHighwater { // what it left on the way is read
		m.w.Event(harness.Event{Seconds: loadAt + t, Kind: harness.EventPhase, Phase: "after exit"})
		m.delivered += min(m.backlog(), kernel)
		m.closed = 1
	}
	m.sample(loadAt+t+0.2, 0)
	m.w.Event(harness.Event{Seconds: loadAt + t + 0.25, Kind: harness.EventExit, Exit: &exit})
}

func (m *model) backlog() float64 { return m.taken - m.delivered - m.dropped }

func (m *model) holds() float64 { return max(m.backlog()-kernel, 0) }

// anon is what the kernel counts: idle, what is held, a saw-tooth of garbage up to
// the live heap, and what nobody collects.
func (m *model) anon(t float64) float64 {
	garbage := math.Mod(t*7*mib, 2*mib+0.3*m.holds())
	return min(idle+m.factor*m.holds()+garbage+m.litter*t+m.noise.Float64()*mib/4, m.limit)
}

func (m *model) move(t, dt float64) {
	sink := 2000 * mib
	slow := t < m.length && !m.fast
	if slow {
		sink = max(m.slow, 0)
	}
	want := min(m.offer*dt, m.rows*1024-m.taken)
	if m.gather {
		m.buffer = math.Inf(1)
	}
	got := want
	if !m.drops {
		got = min(want, max(kernel+m.buffer-m.backlog(), 0))
	}
	if m.starve > 0 {
		got = min(got, m.offer*dt*(1-m.starve))
	}
	if want > 0 {
		m.offered += dt
		m.blocked += dt * (1 - got/want)
	}
	m.taken += got
	if over := m.backlog() - kernel - m.buffer; m.drops && over > 0 {
		m.dropped += over
	}
	m.open += dt
	give := min(sink*dt, m.backlog())
	if m.gather && m.taken < m.rows*1024 || m.fills && m.taken < min(m.rows*1024, m.buffer) {
		give = 0
	}
	m.delivered += give
	switch {
	case m.backlog() > 0 && slow && !m.gather && (!m.fills || give > 0):
		m.unread += dt
	case give < sink*dt:
		m.hungry += dt
	}
}

func (m *model) sample(t, anon float64) {
	ended := 0.0
	if m.taken >= m.rows*1024 {
		ended = 1
	}
	values := map[harness.Metric]float64{
		harness.MemoryAnon: max(anon, idle), harness.OOMKills: 0, harness.Goroutines: 12, harness.Descriptors: 10,
		harness.Stacks:      mib / 2,
		harness.SourceBytes: math.Floor(m.taken/1024) * 1024, harness.SourceRows: math.Floor(m.taken / 1024),
		harness.SourceConnections: 1 - ended, harness.SourceConnectionsTotal: 1, harness.SourceEnded: ended,
		harness.SourceConnectionSeconds: m.offered, harness.SourceBlockedSeconds: m.blocked,
		harness.SinkBytes: math.Floor(m.delivered/1024) * 1024, harness.SinkRows: math.Floor(m.delivered / 1024),
		harness.SourceAborted: m.broken, harness.SinkFailed: m.broken,
		harness.SinkConnections: 1 - max(m.closed, m.broken), harness.SinkFinished: m.closed, harness.SinkConnectionsTotal: 1,
		harness.SinkConnectionSeconds: m.open, harness.SinkUnreadSeconds: m.unread, harness.SinkHungrySeconds: m.hungry,
	}
	if m.extra != nil {
		m.extra(t-loadAt, values)
	}
	m.w.Sample(harness.Sample{Seconds: t, Values: values})
}

// heap writes a heap profile whose growth lies at the program's sites.
func (m *model) heap(t float64) {
	m.profiles++
	name := "heap" + string(rune('a'+m.profiles/26)) + string(rune('a'+m.profiles%26)) + ".pb.gz"
	live := m.holds() + 1.2*mib
	values := map[harness.Metric]float64{harness.HeapLive: live}
	if m.extra != nil {
		all := map[harness.Metric]float64{}
		m.extra(t-loadAt, all)
		if floor, found := all[harness.HeapLive]; found {
			values[harness.HeapLive], live = floor, floor
		}
	}
	var buffer bytes.Buffer
	require.NoError(m.t, heapProfile("inuse_space", "bytes", stack{live * 0.97, m.sites}, stack{live * 0.03, []frame{{"runtime.malg", "proc.go", 1}}}).Write(&buffer))
	require.NoError(m.t, m.w.Profile(name, buffer.Bytes()))
	m.w.Event(harness.Event{Seconds: t, Kind: harness.EventProfile, Profile: name, ProfileKind: harness.ProfileHeap, Values: values})
}

type stack struct {
	value  float64
	frames []frame
}

func heapProfile(kind, unit string, stacks ...stack) *profile.Profile {
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: kind, Unit: unit}}}
	functions, locations := map[string]*profile.Function{}, map[frame]*profile.Location{}
	for _, s := range stacks {
		sample := &profile.Sample{Value: []int64{int64(s.value)}}
		for _, f := range s.frames {
			if functions[f.name+f.file] == nil {
				functions[f.name+f.file] = &profile.Function{ID: uint64(len(functions) + 1), Name: f.name, Filename: f.file}
				p.Function = append(p.Function, functions[f.name+f.file])
			}
			if locations[f] == nil {
				id := uint64(len(locations) + 1)
				locations[f] = &profile.Location{ID: id, Address: 4096 + id*16, Line: []profile.Line{{Function: functions[f.name+f.file], Line: f.line}}}
				p.Location = append(p.Location, locations[f])
			}
			sample.Location = append(sample.Location, locations[f])
		}
		p.Sample = append(p.Sample, sample)
	}
	return p
}
