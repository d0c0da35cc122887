package probe

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// descriptors makes a /proc in which a process has descriptors open.
func descriptors(t *testing.T, proc string, pid int, targets ...string) {
	t.Helper()
	dir := filepath.Join(proc, fmt.Sprint(pid), "fd")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for i, target := range targets {
		require.NoError(t, os.Symlink(target, filepath.Join(dir, fmt.Sprint(i))))
	}
}

func TestDescriptorTargetsCountAlikeTogether(t *testing.T) {
	proc := t.TempDir()
	descriptors(t, proc, 7, "/dev/null", "socket:[4711]", "socket:[4712]", "/tmp/upload-331.part", "/tmp/upload-9.part")
	descriptors(t, proc, 8, "/dev/null", "pipe:[12]")
	targets, err := DescriptorTargets(proc, 7, 8)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"/dev/null": 2, "socket:[N]": 2, "/tmp/upload-N.part": 2, "pipe:[N]": 1}, targets)
}

func TestDescriptorTargetsAreRefused(t *testing.T) {
	proc := t.TempDir()
	_, err := DescriptorTargets(proc, 7)
	assert.ErrorIs(t, err, os.ErrNotExist)
	many := filepath.Join(proc, "9", "fd")
	require.NoError(t, os.MkdirAll(many, 0o755))
	for i := range 4 {
		require.NoError(t, os.Symlink("/dev/null", filepath.Join(many, fmt.Sprint(i))))
	}
	_, err = descriptorsIn(many, 3)
	assert.ErrorContains(t, err, "more than")
	names, err := descriptorsIn(many, 4)
	require.NoError(t, err)
	assert.Len(t, names, 4)
}
