package analysis_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
)

func TestHealth(t *testing.T) {
	rec := &harness.Recording{Info: harness.RunInfo{Scenario: harness.Scenario{Sink: harness.Sink{Phases: []harness.Phase{{Name: "rush"}, {Name: "slow"}}}}}}
	rec.Events = []harness.Event{
		{Seconds: 1, Kind: harness.EventLoad}, {Seconds: 1, Kind: harness.EventPhase, Phase: "rush"},
		{Seconds: 3, Kind: harness.EventPhase, Phase: "slow"},
	}
	for i := range 41 { // a probe each tenth of a second, failing for the first second
		at := float64(i) / 10
		values := map[harness.Metric]float64{harness.MemoryAnon: 1 << 20, harness.ProbesTotal: float64(i), harness.ProbesFailed: min(float64(i), 10), harness.ProbeWorst: 0.01}
		if i <= 10 {
			values[harness.ProbeWorst] = 2
		}
		if i%2 == 0 {
			values[harness.DBActive] = float64(20 - i/10*5)
		}
		rec.Samples = append(rec.Samples, harness.Sample{Seconds: 1 + at, Values: values})
	}
	health := analysis.NewSeries(rec).Health
	require.NotNil(t, health)
	assert.Equal(t, 40.0, health.Sent)
	assert.Equal(t, 10.0, health.Failed)
	assert.Equal(t, []float64{0.01, 2, 2}, []float64{health.Median, health.P95, health.Longest})
	assert.Equal(t, "slow", health.Phase)
	assert.Zero(t, health.Late.Failed)
	assert.Equal(t, 0.01, health.Late.Longest)
	assert.Equal(t, []analysis.DatabaseFigure{{Name: "running a query", Peak: 20, Late: 5}}, health.Database)
	assert.Nil(t, analysis.NewSeries(&harness.Recording{}).Health, "nobody asked")
}

// A scenario that asks for health acquits nobody whose health was not asked for.
func TestNoProbesAcquitNobody(t *testing.T) {
	rec := record(t, program{rows: 60_000})
	judged, err := analysis.Judge(rec)
	require.NoError(t, err)
	require.True(t, judged.Engaged)
	rec.Info.Scenario.Probes = &harness.Probes{Path: "/healthz"}
	judged, err = analysis.Judge(rec)
	require.NoError(t, err)
	assert.False(t, judged.Engaged)
	assert.Contains(t, judged.EngagedWhy, "no health probe")
}
