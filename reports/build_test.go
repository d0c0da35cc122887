package reports

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

// recorded describes a run to be made up: what a recorder would have written.
type recorded struct {
	scenario *harness.Scenario
	variant  harness.Variant
	seconds  float64
	slow     float64 // length of the slow phase
	anon     func(t float64) float64
	backlog  func(t float64) float64
	source   float64 // share of the slow phase in which the source waits
	sink     float64
	died     bool
	held     int64 // bytes in the last profile; none taken where zero
	leaked   int64 // goroutines, by the leak profile; none taken where zero
	open     []map[string]int
	sources  string
	stderr   string
	extra    func(t float64, values map[harness.Metric]float64) // nil: nothing more
}

// loadStart is when the load begins, in seconds of the run: charts must take it off.
const loadStart = 1.5

// record writes the run directory and reads it back.
func record(t testing.TB, dir string, r recorded) *harness.Recording {
	t.Helper()
	w, err := harness.CreateRun(dir, harness.RunInfo{
		ID: filepath.Base(dir), Scenario: *r.scenario, Variant: r.variant, Engine: "docker",
		Started: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC),
		Facts:   map[string]string{"tool": "highwater 0.1.0", "kernel": "6.8.0", "cgroup": "v2", "go": "go1.26.8"},
	})
	require.NoError(t, err)
	w.Event(harness.Event{Seconds: 0.4, Kind: harness.EventReady})
	w.Event(harness.Event{Seconds: loadStart, Kind: harness.EventLoad})
	w.Event(harness.Event{Seconds: loadStart, Kind: harness.EventPhase, Phase: "slow"})
	if r.seconds > r.slow {
		w.Event(harness.Event{Seconds: loadStart + r.slow, Kind: harness.EventPhase, Phase: "drain"})
	}
	r.samples(w)
	r.profiles(t, w)
	r.leaks(t, w)
	for i, targets := range r.open {
		event := harness.Event{Seconds: 0.5 + float64(i)*r.seconds, Kind: harness.EventDescriptors, Targets: targets}
		if i > 0 {
			event.Phase = "slow"
		}
		w.Event(event)
	}
	exit := harness.Exit{By: harness.ByProgram}
	if r.died {
		exit = harness.Exit{Code: 137, Signal: "SIGKILL", By: harness.ByKernel, OOMKilled: true}
		w.Event(harness.Event{Seconds: loadStart + r.seconds, Kind: harness.EventOOM, Values: map[harness.Metric]float64{harness.MemoryAnon: r.anon(r.seconds)}})
	}
	w.Event(harness.Event{Seconds: loadStart + r.seconds, Kind: harness.EventExit, Exit: &exit})
	require.NoError(t, w.Close())
	r.files(t, dir)
	rec, err := harness.OpenRun(dir)
	require.NoError(t, err)
	return rec
}

func (r recorded) samples(w *harness.RunWriter) {
	blocked, unread := 0.0, 0.0
	const step = 0.05
	for i := 0; float64(i)*step <= r.seconds+loadStart; i++ {
		at := float64(i)*step - loadStart
		values := map[harness.Metric]float64{harness.MemoryAnon: 6.2e6}
		if at >= 0 {
			if at < r.slow {
				blocked += r.source * step * (1 + 0.03*math.Sin(at*9))
				unread += r.sink * step * (1 + 0.02*math.Sin(at*7))
			}
			delivered := at * 2 * float64(harness.MiB)
			values = map[harness.Metric]float64{
				harness.MemoryAnon: r.anon(at), harness.SinkBytes: delivered, harness.SourceBytes: delivered + r.backlog(at),
				harness.SourceRows: (delivered + r.backlog(at)) / 1024, harness.SinkRows: delivered / 1024,
				harness.SourceConnectionSeconds: at, harness.SourceBlockedSeconds: min(at, blocked),
				harness.SinkConnectionSeconds: at, harness.SinkUnreadSeconds: min(at, unread),
			}
			if r.extra != nil {
				r.extra(at, values)
			}
		}
		w.Sample(harness.Sample{Seconds: at + loadStart, Values: values})
	}
}

func (r recorded) profiles(t testing.TB, w *harness.RunWriter) {
	if r.held == 0 {
		return
	}
	for i := range 4 {
		name := fmt.Sprintf("%04d.pb.gz", i+1)
		require.NoError(t, w.Profile(name, heapProfile(t, 64<<10+r.held*int64(i)/3)))
		w.Event(harness.Event{Seconds: loadStart + r.seconds*float64(i)/3.2, Kind: harness.EventProfile, Profile: name, ProfileKind: harness.ProfileHeap})
	}
}

// leaks writes the leak profile that belongs to a count of goroutines.
func (r recorded) leaks(t testing.TB, w *harness.RunWriter) {
	if r.leaked == 0 {
		return
	}
	w.Sample(harness.Sample{Seconds: loadStart + 0.01, Values: map[harness.Metric]float64{harness.Goroutines: 12}})
	w.Sample(harness.Sample{Seconds: loadStart + r.seconds, Values: map[harness.Metric]float64{harness.Goroutines: 12 + float64(r.leaked)}})
	var out bytes.Buffer
	require.NoError(t, leakProfile(r.leaked).Write(&out))
	require.NoError(t, w.Profile("leak.pb.gz", out.Bytes()))
	w.Event(harness.Event{Seconds: loadStart + r.seconds, Kind: harness.EventProfile, Profile: "leak.pb.gz", ProfileKind: harness.ProfileGoroutineLeak,
		Values: map[harness.Metric]float64{harness.LeakedGoroutines: float64(r.leaked)}})
}

// leakProfile is what Go's leak profile of a program looks like in which most wait to
// send, and one for a lock.
func leakProfile(n int64) *profile.Profile {
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "goroutineleak", Unit: "count"}}}
	park := frameAt{"runtime.gopark", "/usr/local/go/src/runtime/proc.go", 462}
	addStack(p, []int64{1}, park, frameAt{"internal/sync.(*Mutex).Lock", "mutex.go", 10}, frameAt{"sync.(*Mutex).Lock", "mutex.go", 46}, frameAt{"main.export", "/build/go/broken/main.go", 33})
	addStack(p, []int64{n - 1}, park, frameAt{"runtime.chansend", "chan.go", 283}, frameAt{"main.feed.func1", "/build/go/broken/main.go", guiltyLine})
	return p
}

func (r recorded) files(t testing.TB, dir string) {
	require.NoError(t, os.WriteFile(filepath.Join(dir, harness.StderrFile), []byte(r.stderr), 0o644))
	if r.sources == "" {
		return
	}
	text, err := os.ReadFile(filepath.Join("testdata", "source", r.sources, "main.go.txt"))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, harness.SourceDir), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, harness.SourceDir, "main.go"), text, 0o644))
}

// guiltyLine is where the broken program of testdata holds its rows.
const guiltyLine = 24

// heapProfile is what Go's heap profile of the broken program looks like.
func heapProfile(t testing.TB, bytesHeld int64) []byte {
	t.Helper()
	p := &profile.Profile{
		SampleType:        []*profile.ValueType{{Type: "alloc_space", Unit: "bytes"}, {Type: "inuse_space", Unit: "bytes"}},
		DefaultSampleType: "inuse_space", PeriodType: &profile.ValueType{Type: "space", Unit: "bytes"}, Period: 524288,
	}
	add := func(value int64, stack ...frameAt) { addStack(p, []int64{value * 2, value}, stack...) }
	const file = "/build/go/broken/main.go"
	write, export := frameAt{"main.(*queue).Write", file, guiltyLine}, frameAt{"main.export", file, 31}
	main, runtime := frameAt{"main.main", file, 41}, frameAt{"runtime.main", "/usr/local/go/src/runtime/proc.go", 290}
	add(bytesHeld*9/10, write, export, main, runtime)
	add(bytesHeld/10, frameAt{"runtime.growslice", "/usr/local/go/src/runtime/slice.go", 180}, write, export, main, runtime)
	add(32<<10, frameAt{"bufio.NewScanner", "/usr/local/go/src/bufio/scan.go", 88}, main, runtime)
	var out bytes.Buffer
	require.NoError(t, p.CheckValid())
	require.NoError(t, p.Write(&out))
	return out.Bytes()
}

func addStack(p *profile.Profile, values []int64, stack ...frameAt) {
	sample := &profile.Sample{Value: values}
	for _, at := range stack {
		f := &profile.Function{ID: uint64(len(p.Function) + 1), Name: at.name, Filename: at.file}
		l := &profile.Location{ID: uint64(len(p.Location) + 1), Line: []profile.Line{{Function: f, Line: at.line}}}
		p.Function, p.Location = append(p.Function, f), append(p.Location, l)
		sample.Location = append(sample.Location, l)
	}
	p.Sample = append(p.Sample, sample)
}

type frameAt struct {
	name, file string
	line       int64
}
