package reports

import (
	"bytes"
	"encoding/xml"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

func told(value float64) *float64 { return &value }

// compared is a report of one check of each result.
func compared() *harness.Report {
	run := func(name string) harness.VariantReport {
		return harness.VariantReport{Variant: harness.Variant{Name: name}, Result: harness.Pass, Why: "acquitted", Verdict: &harness.Verdict{
			Outcome: harness.OutcomeCompleted, Cause: harness.CauseNone, Sentence: "Nothing grew.", PeakBytes: 4 * harness.MiB, DurationSeconds: 3}}
	}
	check := func(metric harness.Figure, over string, min, max *float64) harness.Check {
		return harness.Check{Metric: metric, Of: "go/batch", Over: over, Min: min, Max: max}
	}
	return &harness.Report{Tool: "highwater 0.1.0", Engine: "docker", Scenarios: []harness.ScenarioReport{{
		Scenario: &harness.Scenario{ID: "compared", Title: "Two ways to write"}, Result: harness.Fail, Why: "peak_bytes of go/batch is 8388608, and at most 4194304 is wanted",
		Variants: []harness.VariantReport{run("go/line"), run("go/batch")},
		Checks: []harness.CheckReport{
			{Check: check(harness.FigureRowsPerSecond, "go/line", told(2), told(100)), Result: harness.Pass, Round: 2,
				Of: told(2_100_000), Over: told(400_000), Value: told(5.25), Why: "rows_per_second of go/batch is 5.25 times that of go/line, as wanted"},
			{Check: check(harness.FigurePeak, "", nil, told(4<<20)), Result: harness.Fail, Of: told(8 << 20), Value: told(8 << 20),
				Why: "peak_bytes of go/batch is 8388608, and at most 4194304 is wanted"},
			{Check: check(harness.FigureWriteCallsPerRow, "go/line", nil, told(0.1)), Result: harness.Inconclusive, Over: told(1),
				Why: "write_calls_per_row of go/batch is not known"},
		},
	}}}
}

func TestChecksAreShown(t *testing.T) {
	for name, render := range map[string]func(io.Writer, *harness.Report) error{
		"checks.json": JSON, "checks.md": Markdown, "checks.xml": JUnit,
		"checks.txt": func(w io.Writer, r *harness.Report) error { return Summary(w, r, false) },
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, render(&out, compared()))
			golden(t, name, "DIR", out.Bytes())
		})
	}
}

func TestChecksAreCases(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, JUnit(&out, compared()))
	var suites junitSuites
	require.NoError(t, xml.Unmarshal(out.Bytes(), &suites))
	assert.Equal(t, []int{5, 1, 1}, []int{suites.Tests, suites.Failures, suites.Skipped})
	assert.Equal(t, "rows_per_second #2 of go/batch over go/line", suites.Suites[0].Cases[2].Name)
}

func TestChecksStandOnThePage(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, HTML(&out, compared()))
	for _, text := range []string{"What was compared", "2,100,000<small>go/batch</small>", "400,000<small>go/line</small>", "5.25 times", "at most 4 MiB", "2 times to 100 times"} {
		assert.Contains(t, out.String(), text)
	}
	assert.Contains(t, out.String(), "<p>peak_bytes of go/batch is 8388608, and at most 4194304 is wanted.</p>", "why it fails")
	assert.NotContains(t, out.String(), "rows_per_second of go/batch is", "what holds is no reason")
}

func TestFiguresHaveTheirUnits(t *testing.T) {
	for name, want := range map[harness.Figure]string{
		harness.FigureDeliveredPerSecond: "1.50 KiB/s", harness.FigureRowsPerSecond: "1,536", harness.FigureWriteCalls: "1,536", harness.FigureWriteCallsPerRow: "1,536",
		harness.FigureCPU: "25 min 36 s", harness.FigureSystemCPUPerMillion: "25 min 36 s", harness.FigurePeak: "1.50 KiB", harness.FigureProbesFailed: "153600 %",
	} {
		assert.Equal(t, want, figure(name, told(1536)), name)
	}
	assert.Equal(t, "0.0156", number(0.01562))
	assert.Equal(t, unknown, figure(harness.FigurePeak, nil))
}
