package nodejs_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	needs "github.com/highwater-dev/highwater/harness/internal/require"
	"github.com/highwater-dev/highwater/harness/nodejs"
)

// finder looks for programs of this machine, with a cache of its own.
func finder(t *testing.T) nodejs.Finder {
	return nodejs.Finder{Cache: t.TempDir(), GOOS: runtime.GOOS, GOARCH: runtime.GOARCH}
}

func platform() string {
	return runtime.GOOS + "-" + strings.NewReplacer("amd64", "x64").Replace(runtime.GOARCH)
}

func TestTheNodeInPathIsTaken(t *testing.T) {
	needs.Program(t, "node")
	f := finder(t)
	f.Containers = true
	found, err := f.Find(t.Context(), "")
	require.NoError(t, err)
	assert.FileExists(t, found.Binary)
	if runtime.GOOS == "linux" {
		assert.NotEmpty(t, found.Libraries)
		for _, library := range found.Libraries {
			assert.FileExists(t, library)
		}
	}
}

func TestAnotherSystemNeedsAnImage(t *testing.T) {
	f := finder(t)
	f.GOOS = "plan9"
	found, err := f.Find(t.Context(), "22.3")
	require.NoError(t, err)
	assert.Equal(t, nodejs.Runtime{Image: "node:22.3-slim"}, found)
	found, err = f.Find(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, "node:lts-slim", found.Image)
}

// The npm of these tests is a script that does what npm is documented to do: the registry is
// somebody else's, and has its own tests.
func fakeNPM(t *testing.T, script string) (path string) {
	t.Helper()
	path = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(path, "npm"), []byte("#!/bin/sh\n"+script), 0o755))
	t.Setenv("PATH", path+":/usr/bin:/bin")
	return path
}

// packed is a package as npm packs it, with a binary that has libraries.
func packed(t *testing.T, name string) string {
	t.Helper()
	shell, err := os.ReadFile("/bin/sh")
	require.NoError(t, err)
	var archive bytes.Buffer
	plain := gzip.NewWriter(&archive)
	writer := tar.NewWriter(plain)
	for file, text := range map[string][]byte{"package/package.json": []byte("{}"), name: shell} {
		require.NoError(t, writer.WriteHeader(&tar.Header{Name: file, Mode: 0o755, Size: int64(len(text))}))
		_, err := writer.Write(text)
		require.NoError(t, err)
	}
	require.NoError(t, writer.Close())
	require.NoError(t, plain.Close())
	path := filepath.Join(t.TempDir(), "packed.tgz")
	require.NoError(t, os.WriteFile(path, archive.Bytes(), 0o644))
	return path
}

func TestAVersionIsFetchedOnce(t *testing.T) {
	f := finder(t)
	calls := filepath.Join(t.TempDir(), "calls")
	fakeNPM(t, fmt.Sprintf(`echo "$@" >> %s
cp %s "$4/node.tgz"
echo '[{"filename": "node.tgz", "version": "97.2.1"}]'
`, calls, packed(t, "package/bin/node")))
	assert.True(t, nodejs.Available(t.Context()))
	for _, version := range []string{"97", "97.2", "97.2.1"} {
		found, err := f.Find(t.Context(), version)
		require.NoError(t, err)
		assert.Equal(t, filepath.Join(f.Cache, platform(), "97.2.1", "node"), found.Binary)
		info, err := os.Stat(found.Binary)
		require.NoError(t, err)
		assert.NotZero(t, info.Mode()&0o111, "it can be executed")
	}
	text, err := os.ReadFile(calls)
	require.NoError(t, err)
	assert.Equal(t, 1, bytes.Count(text, []byte("\n")), "%s", text)
	assert.Contains(t, string(text), "node-"+platform()+"@97\n")
	left, err := filepath.Glob(filepath.Join(f.Cache, "fetch-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestTheNewestOfThoseFetchedIsTaken(t *testing.T) {
	f := finder(t)
	for _, version := range []string{"97.9.0", "97.10.0", "98.0.0"} {
		dir := filepath.Join(f.Cache, platform(), version)
		require.NoError(t, os.MkdirAll(dir, 0o755))
		shell, err := os.ReadFile("/bin/sh")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "node"), shell, 0o755))
	}
	found, err := f.Find(t.Context(), "97")
	require.NoError(t, err)
	assert.Contains(t, found.Binary, "97.10.0")
}

func TestWhyAVersionCannotBeHad(t *testing.T) {
	t.Run("npm fails", func(t *testing.T) {
		fakeNPM(t, "echo 'npm error code ETARGET' >&2; exit 1")
		_, err := finder(t).Find(t.Context(), "97")
		assert.ErrorContains(t, err, "fetch it from npm: exit status 1\nnpm error code ETARGET")
	})
	t.Run("npm gives something else", func(t *testing.T) {
		fakeNPM(t, fmt.Sprintf(`cp %s "$4/node.tgz"; echo '[{"filename": "node.tgz", "version": "97.2.1"}]'`, packed(t, "package/README")))
		f := finder(t)
		_, err := f.Find(t.Context(), "97")
		assert.ErrorContains(t, err, "it holds no package/bin/node")
		assert.NoDirExists(t, filepath.Join(f.Cache, platform(), "97.2.1"))
	})
	t.Run("the one in PATH is old", func(t *testing.T) {
		path := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(path, "node"), []byte("#!/bin/sh\necho v18.20.4 $0\n"), 0o755))
		t.Setenv("PATH", path)
		_, err := finder(t).Find(t.Context(), "")
		assert.ErrorContains(t, err, "node in PATH is v18.20.4, and its inspector is too old: want 20.16 or later")
		assert.False(t, nodejs.Available(t.Context()))
	})
	for _, version := range []string{"18", "20.15", "20.9.0"} {
		_, err := finder(t).Find(t.Context(), version)
		assert.ErrorContains(t, err, "too old: want 20.16 or later", version)
	}
	t.Run("nothing is there", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		_, err := finder(t).Find(t.Context(), "97")
		assert.ErrorContains(t, err, "npm, which has it, is not in PATH")
		inContainer := finder(t)
		inContainer.Containers = true
		found, err := inContainer.Find(t.Context(), "97")
		require.NoError(t, err)
		assert.Equal(t, "node:97-slim", found.Image)
		assert.ErrorContains(t, found.Why, "npm, which has it, is not in PATH")
		_, err = finder(t).Find(t.Context(), "")
		assert.ErrorContains(t, err, `"node": executable file not found in $PATH`)
	})
}

func lay(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func TestAScriptWithoutDependenciesStaysWhereItIs(t *testing.T) {
	dir := lay(t, map[string]string{"node/a.mjs": "", "other/package.json": `{"type": "module"}`, "other/src/b.js": ""})
	app, err := finder(t).LayOut(t.Context(), dir, filepath.Join(dir, "node", "a.mjs"), t.TempDir())
	require.NoError(t, err)
	assert.Equal(t, nodejs.App{Dir: filepath.Join(dir, "node"), Script: "a.mjs"}, app)

	app, err = finder(t).LayOut(t.Context(), dir, filepath.Join(dir, "other", "src", "b.js"), t.TempDir())
	require.NoError(t, err)
	assert.Equal(t, nodejs.App{Dir: filepath.Join(dir, "other"), Script: "src/b.js"}, app)
}

func TestDependenciesAreInstalledInACopy(t *testing.T) {
	const depends = `{"dependencies": {"pg": "8.0.0"}}`
	dir := lay(t, map[string]string{"node/package.json": depends, "node/package-lock.json": "{}", "node/a.mjs": "1", "node/node_modules/x/y.js": "stale"})
	calls := filepath.Join(t.TempDir(), "calls")
	fakeNPM(t, fmt.Sprintf(`echo "$@" >> %s; mkdir -p node_modules/pg; echo ok > node_modules/pg/index.js`, calls))
	cache := t.TempDir()
	script := filepath.Join(dir, "node", "a.mjs")
	first, err := finder(t).LayOut(t.Context(), dir, script, cache)
	require.NoError(t, err)
	assert.FileExists(t, filepath.Join(first.Dir, "node_modules", "pg", "index.js"))
	assert.NoDirExists(t, filepath.Join(first.Dir, "node_modules", "x"), "what lies beside the file is not what its lock file names")
	assert.Equal(t, "a.mjs", first.Script)

	again, err := finder(t).LayOut(t.Context(), dir, script, cache)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	text, err := os.ReadFile(calls)
	require.NoError(t, err)
	assert.Equal(t, "ci --ignore-scripts --omit=dev --no-audit --no-fund --os "+strings.Replace(platform(), "-", " --cpu ", 1)+"\n", string(text))

	require.NoError(t, os.WriteFile(script, []byte("2"), 0o644))
	changed, err := finder(t).LayOut(t.Context(), dir, script, cache)
	require.NoError(t, err)
	assert.NotEqual(t, first.Dir, changed.Dir)
}

func TestWhatIsWrongWithAPackage(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		says  string
	}{
		"no lock file": {map[string]string{"package.json": `{"dependencies": {"pg": "8.0.0"}}`}, "there is no package-lock.json beside it; run npm install once"},
		"no JSON":      {map[string]string{"package.json": `dependencies`}, "read package.json: "},
		"npm fails":    {map[string]string{"package.json": `{"dependencies": {"pg": "8.0.0"}}`, "package-lock.json": "{}"}, "npm ci: exit status 1\nnpm error"},
	} {
		t.Run(name, func(t *testing.T) {
			fakeNPM(t, "echo npm error; exit 1")
			c.files["a.mjs"] = ""
			dir, cache := lay(t, c.files), t.TempDir()
			_, err := finder(t).LayOut(t.Context(), dir, filepath.Join(dir, "a.mjs"), cache)
			assert.ErrorContains(t, err, c.says)
			left, err := os.ReadDir(cache)
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

func TestFilesOfAScript(t *testing.T) {
	dir := lay(t, map[string]string{
		"a.mjs": "", "lib/b.mjs": "", "node_modules/pg/index.js": "", ".git/config": "", ".env": "KEY=1", "runs/notes.txt": "",
		"highwater-out/1/runs/a/01/run.json": "{}", "highwater-out/1/report.json": "{}",
	})
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "link")))
	files, err := nodejs.App{Dir: dir}.Files()
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"a.mjs", "lib/b.mjs", "node_modules/pg/index.js", ".env", "runs/notes.txt"}, files)
}
