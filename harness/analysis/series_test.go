package analysis_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
)

func TestSeriesAgreesWithTheVerdict(t *testing.T) {
	rec := record(t, program{rows: 200_000, buffer: 90 * mib})
	v, err := analysis.Judge(rec)
	require.NoError(t, err)
	s := analysis.NewSeries(rec)
	require.True(t, s.HasMemory && s.HasBacklog && s.HasSinkPressure && s.HasSourcePressure)
	var peak, backlog float64
	last := -1.0
	for _, p := range s.Points {
		peak, backlog = max(peak, p.AnonBytes), max(backlog, p.BacklogBytes)
		assert.InDelta(t, p.BacklogBytes, p.TakenBytes-p.DeliveredBytes, 1)
		assert.Greater(t, p.Seconds, last)
		last = p.Seconds
		for _, share := range []float64{p.SinkPressure, p.SourcePressure} {
			assert.True(t, share >= 0 && share <= 1)
		}
	}
	assert.InDelta(t, float64(v.PeakBytes), peak, 1)
	assert.InDelta(t, float64(v.BacklogBytes), backlog, 1)
	assert.EqualValues(t, v.LimitBytes, s.LimitBytes)
	require.Len(t, s.Phases, 2, "what follows the exit is no phase of the scenario")
	assert.True(t, s.Phases[0].Slow)
	assert.False(t, s.Phases[1].Slow)
	assert.NotEmpty(t, s.Floors)
}

func TestHeapDiffTakesTheFullestProfile(t *testing.T) {
	rec := record(t, program{rows: 200_000, buffer: 90 * mib, sites: queueWrite})
	base, last, err := analysis.HeapDiff(rec)
	require.NoError(t, err)
	require.NotNil(t, base)
	sum := func(values [][]int64) (n int64) {
		for _, v := range values {
			n += v[0]
		}
		return n
	}
	var before, after, grown [][]int64
	for _, s := range base.Sample {
		before = append(before, s.Value)
	}
	for _, s := range last.Sample {
		after = append(after, s.Value)
	}
	diff, err := analysis.Growth(rec)
	require.NoError(t, err)
	for _, s := range diff.Sample {
		grown = append(grown, s.Value)
	}
	assert.Greater(t, sum(after), int64(80*mib), "a survivor was drained since")
	assert.Equal(t, sum(after)-sum(before), sum(grown))
}

// A profile cut short by a kill is passed over: the one before it is the last good one.
func TestBrokenProfileIsPassedOver(t *testing.T) {
	rec := record(t, program{rows: 2e6, buffer: unbounded, sites: queueWrite})
	profiles := rec.Profiles()
	require.NoError(t, os.WriteFile(rec.ProfilePath(profiles[len(profiles)-1]), []byte("cut"), 0o644))
	v, err := analysis.Judge(rec)
	require.NoError(t, err)
	require.NotEmpty(t, v.Sites)
	assert.Equal(t, "main.(*queue).Write", v.Sites[0].Function)
	for _, event := range profiles[4:] {
		require.NoError(t, os.Remove(rec.ProfilePath(event)))
	}
	v, err = analysis.Judge(rec)
	require.NoError(t, err)
	assert.Contains(t, v.Warnings[len(v.Warnings)-1], "last good heap profile was taken")
}

func TestEngaged(t *testing.T) {
	add := func(metric harness.Metric, n float64) func(float64, values) {
		return func(at float64, v values) { v[metric] = ramp(at, 1, 5, n) }
	}
	for _, c := range []struct {
		name    string
		program program
		want    bool
	}{
		{"pressure", program{rows: 60_000}, true},
		{"no pressure", program{rows: 60_000, fast: true}, false},
		{"less than its bound", program{rows: 4_000}, false},
		{"errors", program{rows: 60_000, engages: harness.EngagesErrors, extra: add(harness.OpsFailed, 1)}, true},
		{"no errors", program{rows: 60_000, engages: harness.EngagesErrors}, false},
		{"disconnects", program{rows: 60_000, engages: harness.EngagesDisconnects, extra: add(harness.SinkDeparted, 1)}, true},
		{"no disconnects", program{rows: 60_000, engages: harness.EngagesDisconnects}, false},
		{"operations", program{rows: 60_000, engages: harness.EngagesOperations, extra: add(harness.OpsTotal, 20)}, true},
		{"too few operations", program{rows: 60_000, engages: harness.EngagesOperations, extra: add(harness.OpsTotal, 19)}, false},
		{"nothing", program{rows: 60_000, fast: true, engages: harness.EngagesNothing}, true},
		{"nothing, but not watched", program{rows: 10, fast: true, engages: harness.EngagesNothing}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := analysis.Judge(record(t, c.program))
			require.NoError(t, err)
			assert.Equal(t, c.want, v.Engaged, v.EngagedWhy)
			assert.NotEmpty(t, v.EngagedWhy)
		})
	}
}

// A program whose source is not highwater's has no backlog: its memory must speak.
func TestWithoutSource(t *testing.T) {
	none := func(_ float64, v values) {
		for metric := range v {
			if len(metric) > 7 && metric[:7] == "source_" {
				delete(v, metric)
			}
		}
	}
	image := harness.Variant{Name: "image", Image: "shop:1"}
	v, err := analysis.Judge(record(t, program{rows: 80_000, offer: 16 * mib, buffer: unbounded, limit: 512 * mib, blind: true, variant: image, extra: none}))
	require.NoError(t, err)
	assert.Equal(t, harness.CauseUnknown, v.Cause)
	assert.Zero(t, v.BacklogBytes)
	assert.Equal(t, "low", v.Confidence)
	assert.True(t, v.TimeToDeathExtrapolated)
	assert.Greater(t, v.TimeToDeathSeconds, 5.0)
	v, err = analysis.Judge(record(t, program{rows: 60_000, bound: 8 * harness.MiB, blind: true, variant: image, extra: none}))
	require.NoError(t, err)
	assert.Equal(t, harness.CauseNone, v.Cause, v.Sentence)
	assert.True(t, v.Engaged, v.EngagedWhy)
}
