package harness_test

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

// createRun writes a run with one sample and one event.
func createRun(t *testing.T, dir string) *harness.RunWriter {
	t.Helper()
	run, err := harness.CreateRun(dir, harness.RunInfo{ID: "4f1a"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = run.Close() })
	run.Sample(harness.Sample{Seconds: 0.5, Values: map[harness.Metric]float64{harness.MemoryAnon: 4096}})
	run.Event(harness.Event{Seconds: 0.25, Kind: harness.EventLoad})
	return run
}

func appendText(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

func TestRunDirectoryRoundTrip(t *testing.T) {
	scenario, err := harness.LoadScenario("../scenarios/ignored-backpressure")
	require.NoError(t, err)
	variant := scenario.Variants[0]
	info := harness.RunInfo{
		ID: "4f1a", Scenario: scenario.Resolve("process", variant), Variant: variant, Engine: "process",
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Facts: map[string]string{"os": "linux"},
	}
	dir := filepath.Join(t.TempDir(), "deep", "run")
	run, err := harness.CreateRun(dir, info)
	require.NoError(t, err)
	exit := harness.Exit{Code: 137, Signal: "killed", By: harness.ByKernel, OOMKilled: true}
	run.Sample(harness.Sample{Seconds: 1.5, Values: map[harness.Metric]float64{harness.MemoryAnon: 1 << 40, harness.CPUTime: 0.125}})
	run.Event(harness.Event{Seconds: 2, Kind: harness.EventExit, Phase: "slow", Exit: &exit, Text: "a \"quoted\"\nline"})

	recorded, err := harness.OpenRun(dir) // while it is still being written
	require.NoError(t, err)
	require.NoError(t, run.Close())
	info.Format, info.Scenario.Dir = harness.FormatVersion, "" // where it lay is nobody's business
	assert.Equal(t, info, recorded.Info)
	assert.Equal(t, []harness.Sample{{Seconds: 1.5, Values: map[harness.Metric]float64{harness.MemoryAnon: 1 << 40, harness.CPUTime: 0.125}}}, recorded.Samples)
	assert.Equal(t, []harness.Event{{Seconds: 2, Kind: harness.EventExit, Phase: "slow", Exit: &exit, Text: "a \"quoted\"\nline"}}, recorded.Events)
}

// Highwater may be killed at any moment, in the middle of a line too.
func TestOpenRunLeavesOutACutLine(t *testing.T) {
	for name, cut := range map[string]string{
		"in the middle":           `{"t_seconds": 0.7, "val`,
		"before the newline":      `{"t_seconds": 0.7, "values": {}}`,
		"after the first byte":    `{`,
		"zeros after a power cut": "\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			createRun(t, dir)
			for _, file := range []string{"samples.jsonl", "events.jsonl"} {
				appendText(t, filepath.Join(dir, file), cut)
			}
			recorded, err := harness.OpenRun(dir)
			require.NoError(t, err)
			assert.Len(t, recorded.Samples, 1)
			assert.Len(t, recorded.Events, 1)
		})
	}
}

// A broken line elsewhere is no crash of highwater: someone changed the file, and no
// verdict must rest on it.
func TestOpenRunRefusesABrokenLine(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"not JSON":              {"samples.jsonl", "oops\n", "samples.jsonl:2: "},
		"an event":              {"events.jsonl", "{\"kind\": 5}\n", "events.jsonl:2: "},
		"behind it comes more":  {"samples.jsonl", "{}\n{\"t_seconds\"\n{}\n", "samples.jsonl:3: "},
		"a value without sense": {"samples.jsonl", "{\"values\": {\"memory_anon_bytes\": \"much\"}}\n", "samples.jsonl:2: "},
		"an empty line":         {"samples.jsonl", "\n", "samples.jsonl:2: "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			createRun(t, dir)
			appendText(t, filepath.Join(dir, c.file), c.text)
			_, err := harness.OpenRun(dir)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestOpenRunChecksRunJSON(t *testing.T) {
	dir := t.TempDir()
	_, err := harness.OpenRun(dir)
	require.ErrorIs(t, err, fs.ErrNotExist)
	for text, want := range map[string]string{
		"{":              "unexpected end of JSON",
		"{}":             "format 0; this highwater reads format 1",
		`{"format": 99}`: "format 99; this highwater reads format 1",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "run.json"), []byte(text), 0o644))
		_, err := harness.OpenRun(dir)
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, filepath.Join(dir, "run.json"))
	}
	// Killed right after run.json: a run of which nothing is known.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "run.json"), []byte(`{"format": 1, "id": "x"}`), 0o644))
	recorded, err := harness.OpenRun(dir)
	require.NoError(t, err)
	assert.Empty(t, recorded.Samples)
	assert.Empty(t, recorded.Events)
	assert.Zero(t, recorded.LoadStart())
}

func TestCreateRunRefusesARunThatIsThere(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, createRun(t, dir).Close())
	before := readAll(t, dir)
	_, err := harness.CreateRun(dir, harness.RunInfo{ID: "another"})
	require.ErrorIs(t, err, fs.ErrExist)
	assert.ErrorContains(t, err, "create run directory")
	assert.Equal(t, before, readAll(t, dir), "nothing measured is ever changed")
}

func readAll(t *testing.T, dir string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, name := range []string{"run.json", "samples.jsonl", "events.jsonl"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		texts[name] = string(text)
	}
	return texts
}

func TestFindRunsInOrder(t *testing.T) {
	root := t.TempDir()
	want := []string{"a/01-go-broken", "a/02-go-fixed", "a/10-node", "b/01-go-broken"}
	for _, name := range []string{want[2], want[3], want[0], want[1]} {
		createRun(t, filepath.Join(root, name))
	}
	require.NoError(t, os.WriteFile(filepath.Join(root, "report.json"), nil, 0o644))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "c", "run.json"), 0o755)) // a folder of that name
	found, err := harness.FindRuns(root)
	require.NoError(t, err)
	for i, dir := range found {
		relative, err := filepath.Rel(root, dir)
		require.NoError(t, err)
		found[i] = filepath.ToSlash(relative)
	}
	assert.Equal(t, want, found)

	itself, err := harness.FindRuns(filepath.Join(root, want[0]))
	require.NoError(t, err)
	assert.Equal(t, []string{filepath.Join(root, want[0])}, itself)

	none, err := harness.FindRuns(t.TempDir())
	require.NoError(t, err)
	assert.Empty(t, none)
	_, err = harness.FindRuns(filepath.Join(root, "nowhere"))
	assert.ErrorIs(t, err, fs.ErrNotExist)
}

// Samplers, profiler and engine write at the same time: no line may break another.
func TestRunWriterTakesSeveralWritersAtOnce(t *testing.T) {
	dir := t.TempDir()
	run, err := harness.CreateRun(dir, harness.RunInfo{})
	require.NoError(t, err)
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for i := range 50 {
				run.Sample(harness.Sample{Seconds: float64(i), Values: map[harness.Metric]float64{harness.MemoryAnon: 1}})
				run.Event(harness.Event{Seconds: float64(i), Kind: harness.EventWarning, Text: "x"})
			}
		})
	}
	writers.Wait()
	require.NoError(t, run.Close())
	recorded, err := harness.OpenRun(dir)
	require.NoError(t, err)
	assert.Len(t, recorded.Samples, 200)
	assert.Len(t, recorded.Events, 200)
}

// What could not be written is told in the end; half a recording passes for no whole one.
func TestRunWriterTellsOfTheFirstFailure(t *testing.T) {
	run, err := harness.CreateRun(t.TempDir(), harness.RunInfo{})
	require.NoError(t, err)
	run.Sample(harness.Sample{Values: map[harness.Metric]float64{harness.MemoryAnon: math.NaN()}})
	run.Sample(harness.Sample{Seconds: 1})
	assert.ErrorContains(t, run.Close(), "NaN")
	recorded, err := harness.OpenRun(run.Dir)
	require.NoError(t, err)
	assert.Empty(t, recorded.Samples)
}

func TestProfilesOfARun(t *testing.T) {
	run := createRun(t, t.TempDir())
	for _, name := range []string{"0001.pb.gz", "0002.pb.gz"} {
		require.NoError(t, run.Profile(name, []byte(name)))
		run.Event(harness.Event{Kind: harness.EventProfile, Profile: name})
	}
	require.NoError(t, run.RemoveProfile("0001.pb.gz"))
	run.Event(harness.Event{Kind: harness.EventProfile, Profile: "../run.json"}) // by somebody's hand
	require.NoError(t, run.Close())

	recorded, err := harness.OpenRun(run.Dir)
	require.NoError(t, err)
	profiles := recorded.Profiles()
	require.Len(t, profiles, 1)
	text, err := os.ReadFile(recorded.ProfilePath(profiles[0]))
	require.NoError(t, err)
	assert.Equal(t, "0002.pb.gz", string(text))
	for _, name := range []string{"../run.json", "../../../etc/passwd", "/etc/passwd"} {
		path := recorded.ProfilePath(harness.Event{Profile: name})
		assert.Equal(t, filepath.Join(run.Dir, harness.ProfilesDir), filepath.Dir(path), "a shared recording reads only its own files")
	}
	load, found := recorded.First(harness.EventLoad)
	assert.True(t, found)
	assert.Equal(t, load.Seconds, recorded.LoadStart())
}
