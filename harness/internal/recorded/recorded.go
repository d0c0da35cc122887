// Package recorded holds real runs for tests that need no engine: run directories
// as highwater wrote them, in containers (cgroup v1) and as local processes, on a
// machine that others kept busy. Versions of kernel and tool are blotted out.
//
// docker/at-its-limit is a Go program that the kernel let sit at 99 % of its limit
// for 34 s. It was recorded before socket queues were, as were docker/normal-load and
// the processes.
package recorded

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

//go:embed runs.tar.gz
var archive []byte

// Runs unpacks the runs and returns their folder: ENGINE/SCENARIO/RUN below it.
func Runs(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	zipped, err := gzip.NewReader(bytes.NewReader(archive))
	require.NoError(t, err)
	for reader := tar.NewReader(zipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		require.NoError(t, err)
		if header.Typeflag == tar.TypeReg {
			write(t, filepath.Join(dir, filepath.FromSlash(header.Name)), reader)
		}
	}
}

func write(t testing.TB, path string, from io.Reader) {
	t.Helper()
	text, err := io.ReadAll(from)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, text, 0o644))
}
