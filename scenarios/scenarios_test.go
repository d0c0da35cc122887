package scenarios_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/scenarios"
)

// buildCache and moduleCache are where compiled packages and the driver lie, as before
// TestMain moved the home folder.
var buildCache, moduleCache string

// TestMain keeps the user's cache out of a test. The catalog is extracted once in
// the life of a process, so it is set for all of them.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "catalog")
	if err != nil {
		panic(err)
	}
	caches, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		panic(err)
	}
	buildCache, moduleCache, _ = strings.Cut(strings.TrimSpace(string(caches)), "\n")
	os.Setenv("XDG_CACHE_HOME", dir)
	os.Setenv("HOME", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func TestCatalogLoads(t *testing.T) {
	list, err := scenarios.List()
	require.NoError(t, err)
	require.NotEmpty(t, list)
	for i, scenario := range list {
		assert.Equal(t, scenarios.IDs()[i], scenario.ID, "the id is the name of the folder")
		assert.NotEmpty(t, scenario.Title)
		opened, err := scenarios.Open(scenario.ID)
		require.NoError(t, err)
		assert.Equal(t, scenario, opened)
	}
}

// A folder that is forgotten by the embedding would be missing in silence.
func TestEveryFileIsEmbedded(t *testing.T) {
	list, err := scenarios.List()
	require.NoError(t, err)
	root := filepath.Dir(list[0].Dir)
	err = filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Dir(path) == "." {
			return err
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(root, path))
		assert.NoError(t, err)
		assert.Equal(t, string(want), string(got), path)
		return nil
	})
	require.NoError(t, err)
}

func TestOpenNamesTheCatalog(t *testing.T) {
	_, err := scenarios.Open("ignored-backpresure")
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "ignored-backpressure")
}

func TestExtractedProgramsBuildAlone(t *testing.T) {
	list, err := scenarios.List()
	require.NoError(t, err)
	build := exec.Command("go", "vet", "./...")
	build.Dir = filepath.Dir(list[0].Dir)
	build.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off", "GOPROXY=off", "GOCACHE="+buildCache, "GOMODCACHE="+moduleCache)
	output, err := build.CombinedOutput()
	assert.NoError(t, err, string(output))
}

func TestLessonsTellTheWholeStory(t *testing.T) {
	for _, id := range scenarios.IDs() {
		lesson, err := scenarios.Lesson(id)
		require.NoError(t, err)
		at := 0
		for _, heading := range []string{
			"# ", "## The symptom", "## The code", "## Predict", "## Run it", "## What the report shows",
			"## The fix, and its price", "## Where it happened in the open", "## Hints",
		} {
			found := strings.Index(lesson[at:], heading)
			require.GreaterOrEqual(t, found, 0, "%s: %q is missing, or in the wrong place", id, heading)
			at += found + len(heading)
		}
		assert.Equal(t, 3, strings.Count(lesson[at:], "\n1. ")+strings.Count(lesson[at:], "\n2. ")+strings.Count(lesson[at:], "\n3. "), "%s: three hints", id)
		assert.Contains(t, lesson, "highwater run "+id)
		scenario, err := scenarios.Open(id)
		require.NoError(t, err)
		assert.Contains(t, lesson, "# "+scenario.Title)
	}
}

func TestTheNormalLoadRunsTheVeryBrokenProgram(t *testing.T) {
	for _, program := range []string{"go/broken/main.go", "node/broken.mjs"} {
		broken, err := os.ReadFile("ignored-backpressure/" + program)
		require.NoError(t, err)
		same, err := os.ReadFile("normal-load/" + program)
		require.NoError(t, err)
		assert.Equal(t, string(broken), string(same), program)
	}
	scenario, err := scenarios.Open("normal-load")
	require.NoError(t, err)
	assert.Equal(t, harness.Inconclusive, scenario.Expect)
}

// The table of claims is written from runs, and speaks of this catalog: each scenario that
// claims something stands in it, word for word.
func TestClaimsAreThoseOfTheCatalog(t *testing.T) {
	text, err := os.ReadFile("CLAIMS.md")
	require.NoError(t, err)
	list, err := scenarios.List()
	require.NoError(t, err)
	claimed := 0
	for _, scenario := range list {
		for _, claim := range scenario.Claims {
			claimed++
			assert.True(t, strings.Contains(string(text), "| "+claim.Said+" |"), "%s: %s", scenario.ID, claim.Said)
		}
	}
	assert.Equal(t, claimed, strings.Count(string(text), "`highwater run "), "rows of claims that nobody makes any more: make claims")
	assert.NotContains(t, string(text), "not measured")
	assert.NotContains(t, string(text), "against what the catalog says")
}
