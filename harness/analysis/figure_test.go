package analysis_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
)

// counted is a run of ten seconds' load, a sample each second. From the eighth on the
// program has gone: the kernel counts nothing, and the peer reads what is on the way.
func counted(values func(t float64, alive bool, values map[harness.Metric]float64)) *harness.Recording {
	rec := &harness.Recording{}
	rec.Events = []harness.Event{{Seconds: 100, Kind: harness.EventLoad}, {Seconds: 110, Kind: harness.EventExit, Exit: &harness.Exit{By: harness.ByProgram}}}
	for t := -1.0; t <= 10; t++ {
		sample := harness.Sample{Seconds: 100 + t, Values: map[harness.Metric]float64{}}
		values(t, t < 8, sample.Values)
		rec.Samples = append(rec.Samples, sample)
	}
	return rec
}

// busy delivers 100 rows of 50 bytes a second until the ninth, and uses two calls and a
// fifth of a second's processor time a hundred rows.
func busy(t float64, alive bool, values map[harness.Metric]float64) {
	rows := 100 * min(max(t, 0), 9)
	values[harness.SinkRows], values[harness.SinkBytes] = rows, 50*rows
	values[harness.ProbesTotal], values[harness.ProbesFailed] = 10*(t+1), 2*(t+1)
	if alive {
		values[harness.MemoryAnon] = 1e6 + 1e5*t
		values[harness.WriteCalls] = 7 + 2*max(t, 0)
		values[harness.CPUTime], values[harness.SystemTime] = 1+0.2*t, 0.5+0.1*t
	}
}

func TestFigures(t *testing.T) {
	rec := counted(busy)
	for name, want := range map[harness.Figure]float64{
		harness.FigureRowsPerSecond: 100, harness.FigureDeliveredPerSecond: 5000,
		harness.FigureWriteCalls: 14, harness.FigureWriteCallsPerRow: 14.0 / 700, // in the seven seconds that both were counted
		harness.FigureCPU: 1.4, harness.FigureSystemCPU: 0.7, harness.FigureSystemCPUPerMillion: 1000,
		harness.FigurePeak: 1.7e6, harness.FigureDuration: 10, harness.FigureProbesFailed: 0.2,
	} {
		value, known := analysis.Figure(rec, name)
		assert.True(t, known, name)
		assert.InDelta(t, want, value, 1e-9*max(want, 1), name)
	}
	_, known := analysis.Figure(rec, harness.FigureBacklog)
	assert.False(t, known, "there is no source")
	backlog, known := analysis.Figure(record(t, program{}), harness.FigureBacklog)
	assert.True(t, known)
	assert.Greater(t, backlog, mib/2)
}

// A program that delivers by sendmsg makes no call that is counted: that is not none.
func TestWriteCallsThatAreNotCountedAreNotKnown(t *testing.T) {
	rec := counted(func(t float64, alive bool, values map[harness.Metric]float64) {
		busy(t, alive, values)
		values[harness.WriteCalls] = 7
	})
	for _, name := range []harness.Figure{harness.FigureWriteCalls, harness.FigureWriteCallsPerRow} {
		_, known := analysis.Figure(rec, name)
		assert.False(t, known, name)
	}
}

func TestFiguresOfNothingAreNotKnown(t *testing.T) {
	empty := counted(func(float64, bool, map[harness.Metric]float64) {})
	for _, name := range harness.Figures {
		_, known := analysis.Figure(empty, name)
		assert.Equal(t, name == harness.FigureDuration, known, name)
		_, known = analysis.Figure(&harness.Recording{}, name)
		assert.False(t, known, name)
		_, known = analysis.Figure(nil, name)
		assert.False(t, known, name)
	}
	_, known := analysis.Figure(counted(busy), "speed")
	assert.False(t, known)
}
