package scenarios_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/scenarios"
)

// program is a Go package, <id>/go/<variant>, or a script, <id>/node/<variant>.mjs; where a
// scenario holds several mistakes, one folder deeper.
type program struct {
	file   string // that is read
	folder string // in which its twins are
	name   string
}

func (p program) String() string { return filepath.Join(p.folder, p.name) }

// programs lists those of the catalog.
func programs(t *testing.T) (list []program) {
	t.Helper()
	for _, pattern := range []string{"*/go/*/main.go", "*/go/*/*/main.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			list = append(list, program{file, filepath.Dir(filepath.Dir(file)), filepath.Base(filepath.Dir(file))})
		}
	}
	for _, pattern := range []string{"*/node/*.mjs", "*/node/*/*.mjs"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			list = append(list, program{file, filepath.Dir(file), filepath.Base(file)})
		}
	}
	return list
}

func (p program) read(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(p.file)
	require.NoError(t, err)
	return string(text)
}

// longPrograms may pass 80 lines: a service has an HTTP handler, too, and a subscription
// is read in two ways.
var longPrograms = map[string]bool{"export-at-scale": true, "flowing-mode": true}

// Programs are read by learners, and judged as if they had passed review.
func TestProgramsAreReadable(t *testing.T) {
	for _, one := range programs(t) {
		lines := 0
		for line := range strings.Lines(one.read(t)) {
			if code := strings.TrimSpace(line); code != "" && !strings.HasPrefix(code, "//") {
				lines++
			}
		}
		most := 80
		if longPrograms[strings.Split(filepath.ToSlash(one.folder), "/")[0]] {
			most = 100
		}
		least := 30
		if filepath.Ext(one.file) == ".mjs" {
			least = 20 // JavaScript says the same in fewer lines
		}
		assert.GreaterOrEqual(t, lines, least, one)
		assert.LessOrEqual(t, lines, most, one)
	}
}

// A program must not tell the learner what is wrong, nor depend on who runs it.
func TestProgramsKeepQuiet(t *testing.T) {
	variables := strings.NewReplacer("HIGHWATER_SOURCE", "", "HIGHWATER_SINK", "", "HIGHWATER_LISTEN", "")
	for _, one := range programs(t) {
		text := strings.ToLower(variables.Replace(one.read(t)))
		text = strings.ReplaceAll(text, "highwatermark", "") // an option of Node's streams
		for _, word := range []string{"highwater", "broken", "leak", "bug", "fixed", "backpressure"} {
			assert.NotContains(t, text, word, one)
		}
	}
}

// drivers are what programs may import besides the standard library: a database cannot
// be spoken to without one.
var drivers = []string{"github.com/jackc/pgx/v5/stdlib"}

func TestProgramsImportTheStandardLibraryOnly(t *testing.T) {
	files, err := filepath.Glob("*/go/*/*.go")
	require.NoError(t, err)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		require.NoError(t, err)
		assert.Equal(t, "main", file.Name.Name)
		for _, imported := range file.Imports {
			path, err := strconv.Unquote(imported.Path.Value)
			require.NoError(t, err)
			if !slices.Contains(drivers, path) {
				assert.NotContains(t, strings.Split(path, "/")[0], ".", "%s imports %s", name, path)
			}
		}
	}
}

// packages are what scripts may import besides Node's own modules, for the same reason.
var packages = []string{"pg", "pg-query-stream"}

var imports = regexp.MustCompile(`(?m)^import .*from '([^']+)'|import\('([^']+)'\)|require\('([^']+)'\)`)

func TestScriptsImportNodeItselfOnly(t *testing.T) {
	found := 0
	for _, one := range programs(t) {
		if filepath.Ext(one.file) != ".mjs" {
			continue
		}
		for _, match := range imports.FindAllStringSubmatch(one.read(t), -1) {
			found++
			name := match[1] + match[2] + match[3]
			own := strings.HasPrefix(name, "./")
			assert.True(t, own || strings.HasPrefix(name, "node:") || slices.Contains(packages, name), "%s imports %s", one, name)
		}
	}
	assert.NotZero(t, found)
}

// The extracted catalog is built with the versions that the checkout is tested with.
func TestDriversHaveTheSameVersionEverywhere(t *testing.T) {
	ours, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	theirs, err := os.ReadFile("programs.mod")
	require.NoError(t, err)
	found := 0
	for line := range strings.Lines(string(theirs)) {
		if module := strings.TrimPrefix(strings.TrimSpace(line), "require "); strings.Contains(module, " v") {
			assert.Contains(t, string(ours), strings.TrimSuffix(module, " // indirect"))
			found++
		}
	}
	assert.NotZero(t, found)
}

// A program that no scenario runs is dead weight in the catalog.
func TestEveryProgramIsRun(t *testing.T) {
	list, err := scenarios.List()
	require.NoError(t, err)
	run := map[string]bool{}
	for _, scenario := range list {
		for _, variant := range scenario.Variants {
			if variant.Node != nil {
				run[filepath.Join(scenario.ID, filepath.FromSlash(variant.Node.Script))] = true
				continue
			}
			run[filepath.Join(scenario.ID, filepath.FromSlash(variant.Go), "main.go")] = true
		}
	}
	for _, one := range programs(t) {
		assert.True(t, run[one.file], one)
	}
}

// Broken and fixed differ by the fix and nothing else, and so do the false remedies:
// each program differs from every other in its folder by at most maxFix lines. Two
// remedies may differ by both of them.
func TestTwinsDifferByTheFixAlone(t *testing.T) {
	const maxFix = 15
	for _, one := range programs(t) {
		for _, other := range programs(t) {
			if one.folder != other.folder || one.name >= other.name {
				continue
			}
			most := maxFix
			if one.isFixed() && other.isFixed() {
				most = 2 * maxFix
			}
			changed := changedLines(one.read(t), other.read(t))
			assert.NotZero(t, changed, "%s and %s are the same", one, other)
			assert.LessOrEqual(t, changed, most, "%s and %s", one, other)
		}
	}
}

func (p program) isFixed() bool { return !strings.HasPrefix(p.name, "broken") }

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
