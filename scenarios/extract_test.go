package scenarios

import (
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExtractionIsMadeOnceAndKept(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "cache")
	first, err := extractTo(parent)
	require.NoError(t, err)
	before, err := os.Stat(first)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		assert.Equal(t, os.FileMode(0o700), before.Mode().Perm(), "nobody else can change what is built")
	}
	again, err := extractTo(parent)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	after, err := os.Stat(again)
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after), "the folder was left as it was")
}

func TestDamagedExtractionIsReplaced(t *testing.T) {
	parent := t.TempDir()
	dir, err := extractTo(parent)
	require.NoError(t, err)
	program := filepath.Join(dir, "ignored-backpressure", "go", "broken", "main.go")
	want, err := os.ReadFile(program)
	require.NoError(t, err)
	for name, damage := range map[string]func() error{
		"edited":  func() error { return os.WriteFile(program, []byte("package main"), 0o644) },
		"cleaned": func() error { return os.Remove(program) },
	} {
		require.NoError(t, damage(), name)
		_, err = extractTo(parent)
		require.NoError(t, err, name)
		got, err := os.ReadFile(program)
		require.NoError(t, err, name)
		assert.Equal(t, string(want), string(got), name)
	}
	left, err := os.ReadDir(parent)
	require.NoError(t, err)
	assert.Len(t, left, 1, "no unfinished folder stays")
}

func TestExtractionsAtOnce(t *testing.T) {
	parent := t.TempDir()
	contents, err := catalog()
	require.NoError(t, err)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			dir, err := extractTo(parent)
			assert.NoError(t, err)
			assert.True(t, whole(dir, contents))
		})
	}
	wait.Wait()
	left, err := os.ReadDir(parent)
	require.NoError(t, err)
	assert.Len(t, left, 1)
}

func TestExtractionNamesItsTrouble(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(parent, nil, 0o644))
	_, err := extractTo(parent)
	assert.ErrorContains(t, err, "extract scenarios: ")
}
