package analysis_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
)

// The verdict must not hang on the pace of the ends, on what a byte costs, or on a
// busy machine.
func TestVerdictHoldsAcrossRates(t *testing.T) {
	for _, offer := range []float64{16, 100} {
		for _, slow := range []float64{0.25, 4, -1} {
			for _, factor := range []float64{1.05, 4} {
				for _, starve := range []float64{0, 0.5} {
					name := fmt.Sprintf("%v to %v MiB a second, %v bytes a byte, starved %v", offer, slow, factor, starve)
					p := program{offer: offer * mib, slow: slow * mib, factor: factor, starve: starve}
					t.Run(name, func(t *testing.T) {
						broken, sound := p, p
						broken.rows, broken.buffer, broken.length = 300_000, unbounded, 40
						v, err := analysis.Judge(record(t, broken))
						require.NoError(t, err)
						assert.Equal(t, harness.CauseUnboundedBuffer, v.Cause, v.Sentence)
						sound.rows, sound.stays = 60_000, true
						v, err = analysis.Judge(record(t, sound))
						require.NoError(t, err)
						assert.Equal(t, harness.CauseNone, v.Cause, v.Sentence)
						assert.True(t, v.Engaged, v.EngagedWhy)
					})
				}
			}
		}
	}
}

// Sampling on a busy machine loses lines and single values.
func TestVerdictHoldsWithHoles(t *testing.T) {
	for _, c := range []struct {
		program program
		cause   harness.Cause
	}{
		{program{rows: 2e6, buffer: unbounded}, harness.CauseUnboundedBuffer},
		{program{rows: 200_000, buffer: 90 * mib}, harness.CauseOversizedBuffer},
		{program{rows: 60_000}, harness.CauseNone},
	} {
		for seed := range uint64(5) {
			rec := record(t, c.program)
			random := rand.New(rand.NewPCG(seed, 1))
			last := rec.Samples[len(rec.Samples)-1]
			var kept []harness.Sample
			for _, sample := range rec.Samples[:len(rec.Samples)-1] {
				if random.Float64() < 0.5 {
					continue
				}
				if random.Float64() < 0.3 {
					delete(sample.Values, harness.MemoryAnon)
				}
				kept = append(kept, sample)
			}
			rec.Samples = append(kept, last)
			v, err := analysis.Judge(rec)
			require.NoError(t, err)
			assert.Equal(t, c.cause, v.Cause, v.Sentence)
		}
	}
}

// A recording cut off anywhere is judged without a panic and never acquits: without
// an exit, highwater itself was ended.
func TestCutOffAnywhere(t *testing.T) {
	for _, p := range []program{{rows: 60_000}, {rows: 2e6, buffer: unbounded}, {rows: 2e6, gather: true}} {
		whole := record(t, p)
		for cut := 0; cut <= 20; cut++ {
			rec := *whole
			rec.Samples = whole.Samples[:len(whole.Samples)*cut/20]
			rec.Events = whole.Events[:(len(whole.Events)-1)*cut/20]
			v, err := analysis.Judge(&rec)
			require.NoError(t, err)
			assert.NotEqual(t, harness.OutcomeCompleted, v.Outcome)
			sane(t, v)
		}
	}
}

// sane holds what must be true of every verdict: it can be written down.
func sane(t *testing.T, v *harness.Verdict) {
	t.Helper()
	_, err := json.Marshal(v)
	require.NoError(t, err) // refuses NaN and infinities
	for _, bad := range misprints {
		assert.NotContains(t, v.Sentence, bad)
	}
	assert.Contains(t, harness.Causes, v.Cause)
	assert.NotEmpty(t, v.EngagedWhy)
	assert.Contains(t, []string{"high", "medium", "low"}, v.Confidence)
	for _, share := range []float64{v.SinkPressure, v.SourcePressure} {
		assert.True(t, share >= 0 && share <= 1, share)
	}
}

func TestStrangeRecordings(t *testing.T) {
	_, err := analysis.Judge(nil)
	require.Error(t, err)
	odd := map[harness.Metric]float64{}
	for metric := range harness.Metrics {
		odd[metric] = math.NaN()
	}
	huge := map[harness.Metric]float64{}
	for metric := range harness.Metrics {
		huge[metric] = math.MaxFloat64
	}
	exit := harness.Event{Seconds: 2, Kind: harness.EventExit, Exit: &harness.Exit{By: harness.ByProgram}}
	load := harness.Event{Seconds: 1, Kind: harness.EventLoad}
	for name, rec := range map[string]*harness.Recording{
		"empty":         {},
		"one sample":    {Samples: []harness.Sample{{Seconds: 1, Values: map[harness.Metric]float64{harness.MemoryAnon: 1}}}, Events: []harness.Event{load, exit}},
		"no numbers":    {Samples: []harness.Sample{{Seconds: math.NaN(), Values: odd}, {Seconds: 1, Values: odd}}, Events: []harness.Event{load, exit}},
		"huge numbers":  {Samples: []harness.Sample{{Seconds: math.MaxFloat64, Values: huge}, {Seconds: 1, Values: huge}}, Events: []harness.Event{load, exit}},
		"endless load":  {Events: []harness.Event{{Seconds: math.Inf(1), Kind: harness.EventLoad}, exit}},
		"exit unsaid":   {Events: []harness.Event{load, {Seconds: 3, Kind: harness.EventExit}}},
		"lost profiles": {Events: []harness.Event{load, {Seconds: 1, Kind: harness.EventProfile, Profile: "../../etc/passwd", ProfileKind: harness.ProfileHeap}, exit}},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := analysis.Judge(rec)
			require.NoError(t, err)
			assert.False(t, v.Engaged)
			sane(t, v)
			analysis.NewSeries(rec)
		})
	}
}

// FuzzJudge holds Judge against any lines of samples and events.
func FuzzJudge(f *testing.F) {
	f.Add(`{"t_seconds":1,"values":{"memory_anon_bytes":5e8,"source_bytes_total":9e9,"sink_connections":3}}`, `{"t_seconds":0.5,"kind":"load"}`, int64(1<<28))
	f.Add(`{"t_seconds":-3,"values":{"probes_total":-1,"sink_rows_total":1e300}}`, `{"t_seconds":2,"kind":"exit","exit":{"code":1,"by":"program"}}`, int64(-4))
	f.Fuzz(func(t *testing.T, samples, events string, limit int64) {
		rec := &harness.Recording{Dir: "nowhere", Samples: lines[harness.Sample](samples), Events: lines[harness.Event](events)}
		rec.Info.Scenario = harness.Scenario{Limits: harness.Limits{Memory: harness.Bytes(limit)},
			Sink: harness.Sink{Phases: []harness.Phase{{Name: "slow", Behaviour: harness.Behaviour{Rate: 1}}}}}
		v, err := analysis.Judge(rec)
		require.NoError(t, err)
		sane(t, v)
	})
}

// lines reads what can be read.
func lines[T any](text string) (values []T) {
	for line := range strings.Lines(text) {
		var value T
		if json.Unmarshal([]byte(line), &value) == nil {
			values = append(values, value)
		}
	}
	return values
}

// A queue in a memfd or a tmpfs is page cache by name, and kills like any other.
func TestSpoolInSharedMemoryIsHeld(t *testing.T) {
	spool := program{offer: 40 * mib, rows: 300_000, buffer: unbounded, length: 40}
	spool.extra = func(_ float64, values map[harness.Metric]float64) {
		if held := values[harness.MemoryAnon] - idle; held > 0 {
			values[harness.MemoryAnon], values[harness.MemoryShared] = idle, held
		}
	}
	v, err := analysis.Judge(record(t, spool))
	require.NoError(t, err)
	assert.Equal(t, harness.CauseUnboundedBuffer, v.Cause, v.Sentence)
	assert.Greater(t, float64(v.PeakBytes), 200*mib)
}
