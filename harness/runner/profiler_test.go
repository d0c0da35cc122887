package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/probe"
)

// recording makes an execution that can record, and runs nothing.
func recording(t *testing.T) *execution {
	t.Helper()
	dir, err := harness.CreateRun(filepath.Join(t.TempDir(), "run"), harness.RunInfo{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = dir.Close() })
	x := &execution{runner: &Runner{}, dir: dir, started: time.Now(), debug: &probe.Go{HTTP: http.DefaultClient}}
	x.scenario.Limits.Memory = limitOfTest
	x.profiler = newProfiler(x)
	return x
}

// However long a run, few profiles stay, the first and the newest among them, spread
// over all of it; the ones that must be kept are never touched.
func TestProfilerKeepsSome(t *testing.T) {
	x := recording(t)
	profiles := filepath.Join(x.dir.Dir, harness.ProfilesDir)
	read := func(context.Context) ([]byte, error) { return []byte("profile"), nil }
	var always []string
	for i := range 300 {
		keep := i%100 == 50 // the end of a phase
		newest := fmt.Sprintf("%04d.pb.gz", i)
		if keep {
			always = append(always, newest)
		}
		require.True(t, x.profiler.take(t.Context(), harness.ProfileHeap, read, keep))

		files := filesUnder(t, profiles)
		require.LessOrEqual(t, len(files), 2*ringSize+len(always))
		require.Contains(t, files, newest, "it may become the last good one")
		require.Contains(t, files, "0000.pb.gz")
		require.Subset(t, files, always)
		require.ElementsMatch(t, files, append(append([]string{}, always...), x.profiler.between...), "what is counted lies there")
	}
	assert.GreaterOrEqual(t, len(x.profiler.between), ringSize)
	early := 0
	for _, name := range x.profiler.between {
		if name < "0150.pb.gz" {
			early++
		}
	}
	assert.Positive(t, early, "not only the newest stay: %v", x.profiler.between)

	require.NoError(t, x.dir.Close())
	recorded, err := harness.OpenRun(x.dir.Dir)
	require.NoError(t, err)
	assert.Len(t, recorded.Events, 300, "events stay when profiles go")
	assert.Len(t, recorded.Profiles(), len(filesUnder(t, profiles)))
}

// A program that dies while it is asked leaves the profile before as the last one.
func TestProfilerSkipsWhatWasNotTaken(t *testing.T) {
	x := recording(t)
	answers := []func(context.Context) ([]byte, error){
		func(context.Context) ([]byte, error) { return nil, errors.New("connection reset") },
		func(context.Context) ([]byte, error) { return nil, nil },
	}
	for _, answer := range answers {
		assert.False(t, x.profiler.take(t.Context(), harness.ProfileHeap, answer, true))
	}
	assert.Empty(t, filesUnder(t, filepath.Join(x.dir.Dir, harness.ProfilesDir)))
	text, err := os.ReadFile(filepath.Join(x.dir.Dir, "events.jsonl"))
	require.NoError(t, err)
	assert.Empty(t, text)
}

func TestProfilerNearTheLimit(t *testing.T) {
	cases := map[string]struct {
		growth float64 // bytes per second
		cost   time.Duration
		want   float64 // share of the limit
	}{
		"no growth":                            {0, time.Second, 0.90},
		"slow growth":                          {float64(harness.MiB), 100 * time.Millisecond, 0.90},
		"fast growth, a profile takes a while": {200 * float64(harness.MiB), 100 * time.Millisecond, 0.60},
		"cheap profiles":                       {200 * float64(harness.MiB), 10 * time.Millisecond, 0.90},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := recording(t).profiler
			p.growth, p.cost = c.growth, c.cost
			assert.InDelta(t, c.want*float64(limitOfTest), p.nearBytes(0), float64(harness.KiB))
			p.mu.Lock() // a profile is being taken: nobody waits for it
			defer p.mu.Unlock()
			assert.InDelta(t, nearShare*float64(limitOfTest), p.nearBytes(0), 1)
		})
	}
}

// The first profile is of an idle program: growth that began after it counts at once.
func TestProfilerSeesGrowthSinceTheLastProfile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := recording(t).profiler
		p.cost, p.lastAt = 100*time.Millisecond, time.Now()
		time.Sleep(growthSpan / 2)
		assert.InDelta(t, nearShare*float64(limitOfTest), p.nearBytes(float64(100*harness.MiB)), 1, "a hiccup")
		time.Sleep(time.Second - growthSpan/2)
		assert.InDelta(t, float64(limitOfTest)-0.2*float64(200*harness.MiB), p.nearBytes(float64(200*harness.MiB)), 1)
	})
}

// A first profile that took long, of a cold program on a busy machine, must not put off
// the next beyond the death of a fast leak.
func TestProfilerForgetsTheCostOfTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := recording(t)
		x.sampler = &sampler{x: x, high: newAlarm(), near: newAlarm()}
		cost := 2 * time.Second
		x.debug = &probe.Go{Base: "http://program", HTTP: &http.Client{Transport: answering(func(*http.Request) (*http.Response, error) {
			time.Sleep(cost)
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("profile"))}, nil
		})}}
		x.profiler.first(t.Context())
		cost = 0
		ctx, cancel := context.WithTimeout(t.Context(), profileEvery*5/2)
		defer cancel()
		x.profiler.run(ctx)
		assert.Equal(t, 3, x.profiler.number, "before the load, and two in two and a half periods")
	})
}

// The leak profile is taken where the program has it, and where goroutines are few.
func TestProfilerTakesLeakedGoroutines(t *testing.T) {
	leaks := &profile.Profile{SampleType: []*profile.ValueType{{Type: "goroutineleak", Unit: "count"}}, Sample: []*profile.Sample{{Value: []int64{40}}, {Value: []int64{2}}}}
	var text bytes.Buffer
	require.NoError(t, leaks.Write(&text))
	cases := map[string]struct {
		goroutines float64
		status     int
		want       []string
		leaked     float64
	}{
		"it has it":                    {50, http.StatusOK, []string{harness.ProfileHeap, harness.ProfileGoroutine, harness.ProfileGoroutineLeak}, 42},
		"built without the experiment": {50, http.StatusNotFound, []string{harness.ProfileHeap, harness.ProfileGoroutine}, 0},
		"too many to look at":          {maxGoroutines, http.StatusOK, []string{harness.ProfileHeap}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			x := recording(t)
			x.sampler = &sampler{x: x, latest: map[harness.Metric]float64{harness.Goroutines: c.goroutines}}
			x.debug = &probe.Go{Base: "http://program", HTTP: &http.Client{Transport: answering(func(r *http.Request) (*http.Response, error) {
				answer := &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("profile"))}
				if strings.HasSuffix(r.URL.Path, "/goroutineleak") {
					answer = &http.Response{StatusCode: c.status, Body: io.NopCloser(bytes.NewReader(text.Bytes()))}
				}
				return answer, nil
			})}}
			x.profiler.phaseEnd(t.Context())
			require.NoError(t, x.dir.Close())
			recorded, err := harness.OpenRun(x.dir.Dir)
			require.NoError(t, err)
			var kinds []string
			leaked := 0.0
			for _, event := range recorded.Profiles() {
				kinds = append(kinds, event.ProfileKind)
				leaked += event.Values[harness.LeakedGoroutines]
			}
			assert.Equal(t, c.want, kinds)
			assert.Equal(t, c.leaked, leaked)
		})
	}
}

type answering func(*http.Request) (*http.Response, error)

func (a answering) RoundTrip(request *http.Request) (*http.Response, error) { return a(request) }
