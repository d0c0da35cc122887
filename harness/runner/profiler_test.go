package runner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

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
			assert.InDelta(t, c.want*float64(limitOfTest), p.nearBytes(), float64(harness.KiB))
			p.mu.Lock() // a profile is being taken: nobody waits for it
			defer p.mu.Unlock()
			assert.InDelta(t, nearShare*float64(limitOfTest), p.nearBytes(), 1)
		})
	}
}
