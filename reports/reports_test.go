package reports

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/invopop/jsonschema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file of testdata/golden. dir is where the runs lie: it moves
// with every test, so it is named in its place.
func golden(t *testing.T, name, dir string, got []byte) {
	t.Helper()
	got = bytes.ReplaceAll(got, []byte(dir), []byte("DIR"))
	file := filepath.Join("testdata", "golden", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, got, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "run with -update if the change is meant")
}

func TestGolden(t *testing.T) {
	dir := t.TempDir()
	report := demo(t, dir)
	for name, render := range map[string]func(io.Writer, *harness.Report) error{
		"report.json": JSON, "report.md": Markdown, "junit.xml": JUnit,
		"summary.txt":       func(w io.Writer, r *harness.Report) error { return Summary(w, r, false) },
		"summary-color.txt": func(w io.Writer, r *harness.Report) error { return Summary(w, r, true) },
		"diff.txt": func(w io.Writer, r *harness.Report) error {
			return Diff(w, &r.Scenarios[0].Variants[0], &r.Scenarios[0].Variants[3])
		},
		"diff-twins.txt": func(w io.Writer, r *harness.Report) error {
			return Diff(w, &r.Scenarios[0].Variants[0], &r.Scenarios[0].Variants[1])
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, render(&out, report))
			golden(t, name, dir, out.Bytes())
		})
	}
}

// TestGoldenPage leaves the flame graphs out, which change with pprof, and the points of
// the lines, whose last digit may change with the processor.
func TestGoldenPage(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	require.NoError(t, HTML(&out, demo(t, dir)))
	page := regexp.MustCompile(`srcdoc="[^"]*"`).ReplaceAll(out.Bytes(), []byte(`srcdoc="FLAME"`))
	page = regexp.MustCompile(` d="[^"]*"`).ReplaceAll(page, []byte(` d="POINTS"`))
	golden(t, "report.html", dir, page)
}

func TestWriteMakesAllFilesAndRelativePaths(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, Write(dir, demo(t, dir)))
	for _, name := range []string{HTMLFile, MarkdownFile, JSONFile, JUnitFile} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.NotContains(t, string(text), dir, name)
		assert.Contains(t, string(text), "ignored-backpressure", name)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	require.NoError(t, err)
	assert.Empty(t, left, "temporary files stay behind")
}

func TestWriteKeepsTheOldFileWhenRenderingFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.md")
	require.NoError(t, os.WriteFile(file, []byte("old"), 0o644))
	err := writeFile(file, nil, func(w io.Writer, _ *harness.Report) error {
		_, _ = io.WriteString(w, "half")
		return io.ErrUnexpectedEOF
	})
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "old", string(text))
}

func TestRunPathsOutsideTheReportStayWhole(t *testing.T) {
	runs, dir := t.TempDir(), t.TempDir()
	require.NoError(t, Write(dir, demo(t, runs)))
	text, err := os.ReadFile(filepath.Join(dir, JSONFile))
	require.NoError(t, err)
	assert.Contains(t, string(text), `"run": "`+filepath.Join(runs, "runs"))
}

// TestNothingIsChanged compares with a second report of the same runs: a copy would share
// what is behind pointers.
func TestNothingIsChanged(t *testing.T) {
	dir := t.TempDir()
	report := demo(t, dir)
	before, err := json.Marshal(report)
	require.NoError(t, err)
	require.NoError(t, Write(dir, report))
	require.NoError(t, Summary(io.Discard, report, true))
	require.NoError(t, Diff(io.Discard, &report.Scenarios[0].Variants[0], &report.Scenarios[0].Variants[1]))
	after, err := json.Marshal(report)
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))
}

func TestJUnitParses(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	require.NoError(t, JUnit(&out, demo(t, dir)))
	var suites junitSuites
	require.NoError(t, xml.Unmarshal(out.Bytes(), &suites))
	assert.Equal(t, 11, suites.Tests)
	assert.Equal(t, 1, suites.Failures)
	assert.Equal(t, 1, suites.Skipped)
	assert.Equal(t, hostileName, suites.Suites[2].Cases[0].Name)
}

func TestJUnitOutcomes(t *testing.T) {
	for name, test := range map[string]struct {
		result   harness.Result
		outcome  harness.Outcome
		expected bool
		want     string
	}{
		"pass":                  {harness.Pass, harness.OutcomeCompleted, true, ""},
		"fail":                  {harness.Fail, harness.OutcomeOOMKilled, false, "failure"},
		"never ready":           {harness.Inconclusive, harness.OutcomeNeverReady, false, "error"},
		"inconclusive":          {harness.Inconclusive, harness.OutcomeCompleted, false, "skipped"},
		"expected inconclusive": {harness.Inconclusive, harness.OutcomeCompleted, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, JUnit(&out, &harness.Report{Scenarios: []harness.ScenarioReport{{
				Scenario: &harness.Scenario{ID: "x"}, Result: test.result, AsExpected: test.expected,
				Variants: []harness.VariantReport{{Result: test.result, Verdict: &harness.Verdict{Outcome: test.outcome}}},
			}}}))
			for _, kind := range []string{"failure", "error", "skipped"} {
				assert.Equal(t, kind == test.want, strings.Contains(out.String(), "<"+kind), kind)
			}
		})
	}
}

func TestMarkdownStaysWithinItsLimit(t *testing.T) {
	dir := t.TempDir()
	report := demo(t, dir)
	scenario := report.Scenarios[0]
	for range 40 {
		report.Scenarios = append(report.Scenarios, scenario)
	}
	var out bytes.Buffer
	require.NoError(t, Markdown(&out, report))
	assert.Less(t, utf8.RuneCount(out.Bytes()), markdownLimit)
	assert.True(t, strings.HasSuffix(out.String(), cutLine))
	assert.Equal(t, strings.Count(out.String(), "<details>"), strings.Count(out.String(), "</details>"))
	assert.Empty(t, openFence(out.String()))
}

func TestMarkdownOfOneEndlessLineIsCut(t *testing.T) {
	text := cut(strings.Repeat("é", 2*markdownLimit), markdownLimit-1)
	assert.Less(t, utf8.RuneCountInString(text), markdownLimit)
}

func TestSchemaComesFromTheDocument(t *testing.T) {
	schema, err := json.Marshal((&jsonschema.Reflector{}).Reflect(&Document{}))
	require.NoError(t, err)
	for _, field := range []string{"peak_bytes", "backlog_bytes", "oom_killed", "rows_taken", "delivered_bytes", "checks", "warnings"} {
		assert.Contains(t, string(schema), `"`+field+`"`)
	}
}

func TestEmptyReportsRender(t *testing.T) {
	for name, report := range map[string]*harness.Report{
		"nothing":    {},
		"no variant": {Scenarios: []harness.ScenarioReport{{Scenario: &harness.Scenario{ID: "x"}, Result: harness.Inconclusive}}},
		"no verdict": {Scenarios: []harness.ScenarioReport{{Result: harness.Fail, Variants: []harness.VariantReport{{Result: harness.Fail}, {Result: harness.Fail}}}}},
		"empty run": {Scenarios: []harness.ScenarioReport{{Scenario: &harness.Scenario{ID: "x"}, Variants: []harness.VariantReport{
			{Verdict: &harness.Verdict{Outcome: harness.OutcomeNeverReady}, Run: &harness.Recording{Dir: "/does/not/exist"}}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, Write(t.TempDir(), report))
			require.NoError(t, Summary(io.Discard, report, false))
		})
	}
	assert.NoError(t, Diff(io.Discard, &harness.VariantReport{}, &harness.VariantReport{}))
}
