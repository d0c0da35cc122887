package scenarios_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/scenarios"
)

// goPrograms lists the folders of all Go programs: <id>/go/<variant>.
func goPrograms(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*/go/*/main.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for i, file := range files {
		files[i] = filepath.Dir(file)
	}
	return files
}

func readProgram(t *testing.T, folder string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "main.go"))
	require.NoError(t, err)
	return string(text)
}

// longPrograms may pass 80 lines: a service has an HTTP handler, too.
var longPrograms = map[string]bool{"export-at-scale": true}

// Programs are read by learners, and judged as if they had passed review.
func TestProgramsAreReadable(t *testing.T) {
	for _, folder := range goPrograms(t) {
		lines := 0
		for line := range strings.Lines(readProgram(t, folder)) {
			if code := strings.TrimSpace(line); code != "" && !strings.HasPrefix(code, "//") {
				lines++
			}
		}
		most := 80
		if longPrograms[strings.Split(filepath.ToSlash(folder), "/")[0]] {
			most = 100
		}
		assert.GreaterOrEqual(t, lines, 30, folder)
		assert.LessOrEqual(t, lines, most, folder)
	}
}

// A program must not tell the learner what is wrong, nor depend on who runs it.
func TestProgramsKeepQuiet(t *testing.T) {
	variables := strings.NewReplacer("HIGHWATER_SOURCE", "", "HIGHWATER_SINK", "", "HIGHWATER_LISTEN", "")
	for _, folder := range goPrograms(t) {
		text := strings.ToLower(variables.Replace(readProgram(t, folder)))
		for _, word := range []string{"highwater", "broken", "leak", "bug", "fixed", "backpressure"} {
			assert.NotContains(t, text, word, folder)
		}
	}
}

func TestProgramsImportTheStandardLibraryOnly(t *testing.T) {
	for _, folder := range goPrograms(t) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, "main.go"), nil, parser.ImportsOnly)
		require.NoError(t, err)
		assert.Equal(t, "main", file.Name.Name)
		for _, imported := range file.Imports {
			path, err := strconv.Unquote(imported.Path.Value)
			require.NoError(t, err)
			assert.NotContains(t, strings.Split(path, "/")[0], ".", "%s imports %s", folder, path)
		}
	}
}

// A program that no scenario runs is dead weight in the catalog.
func TestEveryProgramIsRun(t *testing.T) {
	list, err := scenarios.List()
	require.NoError(t, err)
	run := map[string]bool{}
	for _, scenario := range list {
		for _, variant := range scenario.Variants {
			run[filepath.Join(scenario.ID, filepath.FromSlash(variant.Go))] = true
		}
	}
	for _, folder := range goPrograms(t) {
		assert.True(t, run[folder], folder)
	}
}

// Broken and fixed differ by the fix and nothing else, and so do the false remedies:
// each program differs from every other of its scenario by at most maxFix lines.
func TestTwinsDifferByTheFixAlone(t *testing.T) {
	const maxFix = 15
	for _, one := range goPrograms(t) {
		for _, other := range goPrograms(t) {
			if filepath.Dir(one) != filepath.Dir(other) || one >= other {
				continue
			}
			changed := changedLines(readProgram(t, one), readProgram(t, other))
			assert.NotZero(t, changed, "%s and %s are the same", one, other)
			assert.LessOrEqual(t, changed, maxFix, "%s and %s", one, other)
		}
	}
}

func TestChangedLines(t *testing.T) {
	assert.Equal(t, 0, changedLines("a\nb\nc\n", "a\nb\nc\n"))
	assert.Equal(t, 1, changedLines("a\nc\n", "a\nb\nc\n"))
	assert.Equal(t, 2, changedLines("a\nx\nc\n", "a\nb\nc\n"))
	assert.Equal(t, 4, changedLines("a\nb\n", "c\nd\n"))
}

// changedLines counts the lines that a diff would remove and add: those outside the
// longest common subsequence.
func changedLines(before, after string) int {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	common := make([]int, len(b)+1)
	for _, line := range a {
		diagonal := 0
		for j := range b {
			above := common[j+1]
			if line == b[j] {
				common[j+1] = diagonal + 1
			} else {
				common[j+1] = max(above, common[j])
			}
			diagonal = above
		}
	}
	return len(a) + len(b) - 2*common[len(b)]
}
