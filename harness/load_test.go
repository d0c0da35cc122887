package harness_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	needs "github.com/highwater-dev/highwater/harness/internal/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMalformedFilesNameEveryMistake(t *testing.T) {
	files, err := filepath.Glob("testdata/malformed/*.yaml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 12)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			_, err := harness.LoadScenario(file)
			var mistakes harness.FileErrors
			require.ErrorAs(t, err, &mistakes)
			compareGolden(t, strings.TrimSuffix(file, ".yaml")+".golden", err.Error()+"\n")
			checkPositions(t, file, mistakes)
		})
	}
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	got = filepath.ToSlash(got)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func checkPositions(t *testing.T, file string, mistakes harness.FileErrors) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	insideFile(t, string(text), mistakes)
}

// insideFile: an editor must be able to jump to every mistake.
func insideFile(t *testing.T, text string, mistakes harness.FileErrors) {
	t.Helper()
	lines := strings.Split(text, "\n")
	for i, mistake := range mistakes {
		if mistake.Line < 1 || mistake.Line > len(lines) {
			t.Fatalf("line %d of %d: %v", mistake.Line, len(lines), mistake)
		}
		if most := utf8.RuneCountInString(lines[mistake.Line-1]) + 1; mistake.Column < 1 || mistake.Column > most {
			t.Fatalf("column %d of %d: %v", mistake.Column, most, mistake)
		}
		if mistake.Problem == "" || strings.Contains(mistake.Error(), "\n") {
			t.Fatalf("mistake %d is not one line: %q", i, mistake.Error())
		}
		if i > 0 && mistake.Line < mistakes[i-1].Line {
			t.Fatalf("mistakes out of order: %v", mistakes)
		}
	}
}

func TestChecksAreRead(t *testing.T) {
	scenario, err := harness.LoadScenario("testdata/valid")
	require.NoError(t, err)
	least, most, none := 1.5, 3.0, 0.0
	assert.Equal(t, []harness.Check{
		{Metric: harness.FigurePeak, Of: "go/twice-memory", Over: "go/broken", Min: &least, Max: &most},
		{Metric: harness.FigureProbesFailed, Of: "mine", Max: &none},
	}, scenario.Checks)
}

func TestDefaults(t *testing.T) {
	scenario, err := harness.LoadScenario("testdata/valid")
	require.NoError(t, err)
	dir, err := filepath.Abs("testdata/valid")
	require.NoError(t, err)
	assert.Equal(t, dir, scenario.Dir)
	assert.Equal(t, harness.SinkTCP, scenario.Sink.Kind)
	assert.Equal(t, harness.RowSize{Min: harness.KiB, Max: harness.KiB}, scenario.Source.Row)
	assert.Equal(t, uint64(1), scenario.Source.Seed)
	assert.Equal(t, harness.EngagesPressure, scenario.Engages)
	assert.Equal(t, harness.Limits{Memory: 256 * harness.MiB, CPUs: 1, Pids: 512}, scenario.Limits)
	assert.Equal(t, harness.Duration(30*time.Second), scenario.Ready)
	assert.Equal(t, harness.Duration(128*time.Second), scenario.Timeout)
	assert.Equal(t, harness.RoleSubject, scenario.Variants[2].Role)
	assert.Zero(t, scenario.Variants[0].Listen, "nobody connects to it")
	require.NotNil(t, scenario.Sink.Phases[1].SourceRate)
	assert.Zero(t, *scenario.Sink.Phases[1].SourceRate)
}

func TestDefaultsOfDownloads(t *testing.T) {
	scenario, err := harness.LoadScenario("testdata/valid/download.yaml")
	require.NoError(t, err)
	assert.Equal(t, 1, scenario.Sink.Clients)
	assert.Equal(t, "/", scenario.Sink.Path)
	assert.Zero(t, scenario.Variants[0].Listen, "the engine chooses: 8080 of this machine may be somebody else's")
	assert.Equal(t, harness.EngagesNothing, scenario.Engages)
}

func TestVariantsDeliverInTheirOwnWay(t *testing.T) {
	scenario, err := harness.LoadScenario("testdata/valid/two-kinds.yaml")
	require.NoError(t, err)
	served := scenario.Resolve("docker", scenario.Variants[0])
	assert.Equal(t, harness.SinkHTTPClient, served.Sink.Kind)
	assert.Equal(t, "/export", served.Sink.Path)
	assert.Equal(t, 3, served.Sink.Clients)
	assert.NotNil(t, served.Probes)

	posted := scenario.Resolve("docker", scenario.Variants[1])
	assert.Equal(t, harness.Sink{Kind: harness.SinkHTTP, Phases: scenario.Sink.Phases}, posted.Sink, "nobody comes")
	assert.Nil(t, posted.Probes)

	asked := scenario.Resolve("docker", scenario.Variants[2])
	assert.Equal(t, harness.Sink{Kind: harness.SinkTCPClient, Clients: 3, Phases: scenario.Sink.Phases}, asked.Sink)
	assert.Equal(t, harness.SinkHTTPClient, scenario.Sink.Kind, "the scenario stays as it was")
}

func TestResolveLaysEngineThenVariantOver(t *testing.T) {
	scenario, err := harness.LoadScenario("testdata/valid")
	require.NoError(t, err)
	small, large := scenario.Variants[0], scenario.Variants[1]

	docker := scenario.Resolve("docker", small)
	assert.Equal(t, 16*harness.MiB, docker.Bound)
	assert.Equal(t, scenario.Sink.Phases, docker.Sink.Phases)

	process := scenario.Resolve("process", large)
	assert.Equal(t, int64(2000), process.Source.Rows)
	assert.Equal(t, scenario.Source.Rate, process.Source.Rate, "what an override does not set stays")
	assert.Equal(t, uint64(1), process.Source.Seed)
	assert.Equal(t, "slower", process.Sink.Phases[0].Name)
	assert.Equal(t, harness.SinkTCP, process.Sink.Kind)
	assert.Equal(t, harness.Duration(140*time.Second), process.Timeout, "its phases last longer")
	assert.Equal(t, harness.Limits{Memory: 512 * harness.MiB, CPUs: 1, Pids: 100}, process.Limits)
	assert.Equal(t, 32*harness.MiB, process.Bound, "the variant has the last word")
	assert.Nil(t, process.Engine)
	assert.Equal(t, []harness.Variant{large}, process.Variants)

	process.Source.Rows = 1
	process.Sink.Phases[0].Name = "changed"
	again := scenario.Resolve("process", large)
	assert.Equal(t, int64(2000), again.Source.Rows)
	assert.Equal(t, "slower", again.Sink.Phases[0].Name)
	assert.Equal(t, int64(1000), scenario.Source.Rows)
}

func TestSelect(t *testing.T) {
	scenario, err := harness.LoadScenario("testdata/valid")
	require.NoError(t, err)
	tests := map[string][]string{
		"":                   {"go/broken", "go/twice-memory", "mine"},
		"go/*":               {"go/broken", "go/twice-memory"},
		"mine, go/broken":    {"go/broken", "mine"},
		"*":                  {"go/broken", "go/twice-memory", "mine"},
		"*twice*":            {"go/twice-memory"},
		"go/broken,go/b*":    {"go/broken"},
		"[a-m]ine,nothing/*": {"mine"},
	}
	for glob, want := range tests {
		selected, err := scenario.Select(glob)
		require.NoError(t, err, glob)
		var names []string
		for _, variant := range selected {
			names = append(names, variant.Name)
		}
		assert.Equal(t, want, names, glob)
	}
	_, err = scenario.Select("node/*")
	assert.EqualError(t, err, `select variants "node/*": no match in example: it has go/broken, go/twice-memory, mine`)
	_, err = scenario.Select("[")
	assert.ErrorContains(t, err, `select variants "[": `)
}

func TestLinksDoNotLeadOutOfTheFolder(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	main := []byte("package main\n\nfunc main() {}\n")
	require.NoError(t, os.WriteFile(filepath.Join(elsewhere, "main.go"), main, 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "here"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "here", "main.go"), main, 0o644))
	needs.Need(t, "symlinks", func(context.Context) error {
		return os.Symlink(elsewhere, filepath.Join(dir, "out"))
	})
	require.NoError(t, os.Symlink("here", filepath.Join(dir, "within")))
	text := `{version: 1, id: links, sink: {phases: [{name: slow, for: 8s}]}, limits: {memory: 64MiB},
variants: [{name: a, go: ./out}, {name: b, go: ./within}]}`
	_, err := harness.ParseScenario(filepath.Join(dir, "scenario.yaml"), []byte(text))
	var mistakes harness.FileErrors
	require.ErrorAs(t, err, &mistakes)
	require.Len(t, mistakes, 1)
	assert.Equal(t, `variants[0].go: "./out" leads out of the folder, through a link`, mistakes[0].Problem)
	assert.Equal(t, 2, mistakes[0].Line)
}

func TestLoadScenarioOfNothing(t *testing.T) {
	_, err := harness.LoadScenario(filepath.Join(t.TempDir(), "absent.yaml"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = harness.LoadScenario(t.TempDir())
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// Neither a pipe that nobody writes to nor a device without an end is waited for.
func TestLoadScenarioOfSpecialFiles(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "scenario.yaml")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, path := range []string{pipe, filepath.Dir(pipe), os.DevNull} {
		_, err := harness.LoadScenario(path)
		assert.ErrorContains(t, err, "is no regular file", path)
	}
	long := filepath.Join(t.TempDir(), "long.yaml")
	require.NoError(t, os.WriteFile(long, make([]byte, 1<<20), 0o600))
	_, err := harness.LoadScenario(long)
	assert.ErrorContains(t, err, "long.yaml:1:1: the file is too long; want at most 64KiB")
}

// Some editors begin a file with a byte order mark.
func TestByteOrderMark(t *testing.T) {
	text, err := os.ReadFile("testdata/valid/scenario.yaml")
	require.NoError(t, err)
	_, err = harness.ParseScenario("testdata/valid/marked.yaml", append([]byte("\xef\xbb\xbf"), text...))
	assert.NoError(t, err)
}

func FuzzParseScenario(f *testing.F) {
	for _, pattern := range []string{"testdata/malformed/*.yaml", "testdata/valid/*.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		scenario, err := harness.ParseScenario("testdata/valid/fuzzed.yaml", text)
		var mistakes harness.FileErrors
		switch {
		case err == nil:
			require.NotEmpty(t, scenario.Variants)
			for _, variant := range scenario.Variants {
				scenario.Resolve("docker", variant)
			}
		case errors.As(err, &mistakes):
			require.NotEmpty(t, mistakes)
			insideFile(t, string(text), mistakes)
		default:
			t.Fatalf("an error without position: %v", err)
		}
	})
}

func TestNodeScripts(t *testing.T) {
	scenario, err := harness.LoadScenario("testdata/valid/nodes.yaml")
	require.NoError(t, err)
	want := []harness.NodeVersion{"", "22", "22.10"}
	for i, version := range want {
		assert.Equal(t, &harness.Node{Script: "./node/script.mjs", Version: version}, scenario.Variants[i].Node)
		assert.Equal(t, harness.RuntimeNode, scenario.Variants[i].Runtime())
	}
	script, more, other := scenario.Variants[0], scenario.Variants[3], scenario.Variants[4]
	assert.Equal(t, 32*harness.MiB, scenario.Resolve("docker", script).Bound)
	assert.Equal(t, 256*harness.MiB, scenario.Resolve("process", script).Bound, "below the limit of scripts, not below that of all")
	assert.Equal(t, 300*harness.MiB, scenario.Resolve("process", more).Bound)
	assert.Equal(t, 16*harness.MiB, scenario.Resolve("process", other).Bound)
	assert.Nil(t, scenario.Resolve("process", script).Runtime)
}
