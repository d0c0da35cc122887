package gate_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/gate"
)

func number(value float64) *float64 { return &value }

// peaking is a run whose memory rose to a number of bytes.
func peaking(name string, peak float64, v *harness.Verdict) harness.VariantReport {
	run := &harness.Recording{Events: []harness.Event{{Kind: harness.EventLoad}, {Seconds: 2, Kind: harness.EventExit, Exit: &harness.Exit{}}}}
	for i := range 20 {
		run.Samples = append(run.Samples, harness.Sample{Seconds: float64(i) / 10, Values: map[harness.Metric]float64{harness.MemoryAnon: peak}})
	}
	return harness.VariantReport{Variant: harness.Variant{Name: name}, Verdict: v, Run: run}
}

func TestChecks(t *testing.T) {
	sound := verdict(harness.CauseNone, "")
	a, b := peaking("a", 30e6, sound), peaking("b", 10e6, sound)
	check := func(metric harness.Figure, over string, min, max *float64) harness.Check {
		return harness.Check{Metric: metric, Of: "a", Over: over, Min: min, Max: max}
	}
	for _, c := range []struct {
		name  string
		check harness.Check
		runs  []harness.VariantReport
		want  harness.Result
		value float64
		why   string
	}{
		{"ratio within", check(harness.FigurePeak, "b", number(3), number(3)), []harness.VariantReport{a, b}, harness.Pass, 3, "peak_bytes of a is 3 times that of b, as wanted"},
		{"ratio below", check(harness.FigurePeak, "b", number(3.5), nil), []harness.VariantReport{a, b}, harness.Fail, 3, "at least 3.5 is wanted"},
		{"ratio above", check(harness.FigurePeak, "b", nil, number(1.5)), []harness.VariantReport{a, b}, harness.Fail, 3, "at most 1.5 is wanted"},
		{"figure", check(harness.FigurePeak, "", nil, number(30e6)), []harness.VariantReport{a, b}, harness.Pass, 30e6, "peak_bytes of a is 30000000, as wanted"},
		{"figure above", check(harness.FigurePeak, "", nil, number(29e6)), []harness.VariantReport{a, b}, harness.Fail, 30e6, "at most 29000000 is wanted"},
		{"not counted", check(harness.FigureWriteCalls, "b", number(1), nil), []harness.VariantReport{a, b}, harness.Inconclusive, math.NaN(), "write_calls of a is not known"},
		{"not run", check(harness.FigurePeak, "b", number(1), nil), []harness.VariantReport{a}, harness.Inconclusive, math.NaN(), "b was not run"},
		{"never ready", check(harness.FigurePeak, "b", number(1), nil), []harness.VariantReport{a, peaking("b", 1, with(verdict("", ""), func(v *harness.Verdict) { v.Outcome = harness.OutcomeNeverReady }))}, harness.Inconclusive, math.NaN(), "the run of b ended never-ready"},
		{"over nothing", check(harness.FigurePeak, "b", number(1), nil), []harness.VariantReport{a, peaking("b", 0, sound)}, harness.Inconclusive, math.NaN(), "peak_bytes of b is 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			report := gate.Judge(&harness.Scenario{Checks: []harness.Check{c.check}}, c.runs)
			require.Len(t, report.Checks, 1)
			told := report.Checks[0]
			assert.Equal(t, c.want, told.Result)
			assert.Contains(t, told.Why, c.why)
			assert.Zero(t, told.Round)
			if math.IsNaN(c.value) {
				assert.Nil(t, told.Value)
			} else if assert.NotNil(t, told.Value) {
				assert.InDelta(t, c.value, *told.Value, 1e-9)
			}
			assert.Equal(t, c.want, report.Result, report.Why)
			assert.Equal(t, c.want == harness.Pass, report.AsExpected)
			if c.want == harness.Fail {
				assert.Equal(t, told.Why, report.Why)
			}
		})
	}
}

// A repeat is compared with its like, and one that does not hold is enough.
func TestEveryRoundIsChecked(t *testing.T) {
	sound := verdict(harness.CauseNone, "")
	runs := []harness.VariantReport{peaking("a", 2e6, sound), peaking("a", 9e6, sound), peaking("b", 1e6, sound), peaking("b", 3e6, sound)}
	scenario := &harness.Scenario{Checks: []harness.Check{{Metric: harness.FigurePeak, Of: "a", Over: "b", Max: number(2)}}}
	report := gate.Judge(scenario, runs)
	require.Len(t, report.Checks, 2)
	assert.Equal(t, []int{1, 2}, []int{report.Checks[0].Round, report.Checks[1].Round})
	assert.Equal(t, []float64{2, 3}, []float64{*report.Checks[0].Value, *report.Checks[1].Value})
	assert.Equal(t, harness.Fail, report.Result)
	assert.Equal(t, gate.ExitFailed, gate.ExitCode(&harness.Report{Scenarios: []harness.ScenarioReport{report}}))
}

// Checks that hold do not outweigh a convicted subject, nor a run that decided nothing.
func TestChecksExcuseNobody(t *testing.T) {
	scenario := &harness.Scenario{Checks: []harness.Check{{Metric: harness.FigurePeak, Of: "a", Max: number(2e6)}}}
	report := gate.Judge(scenario, []harness.VariantReport{peaking("a", 1e6, verdict(harness.CauseUnknown, ""))})
	assert.Equal(t, harness.Fail, report.Result)
	assert.Equal(t, "a: convicted of unknown", report.Why)

	scenario.Expect, scenario.Checks[0].Max = harness.Inconclusive, number(1)
	report = gate.Judge(scenario, []harness.VariantReport{peaking("a", 1e6, with(verdict(harness.CauseNone, ""), idle))})
	assert.Equal(t, harness.Fail, report.Result)
	assert.False(t, report.AsExpected)
}

func TestChecksThatHoldAreSaid(t *testing.T) {
	scenario := &harness.Scenario{Checks: []harness.Check{{Metric: harness.FigurePeak, Of: "a", Max: number(2e6)}}}
	report := gate.Judge(scenario, []harness.VariantReport{peaking("a", 1e6, verdict(harness.CauseNone, ""))})
	assert.Equal(t, "the run came out as its role promises, and so did its check", report.Why)
}
