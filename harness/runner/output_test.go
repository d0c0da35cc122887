package runner

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

const cutMark = "\n... cut off here by highwater\n"

// Whatever a program prints, its writes succeed, and the file stays small.
func TestCappedFile(t *testing.T) {
	cases := []struct {
		name   string
		writes []int // bytes each
		kept   int
		cut    bool
	}{
		{"nothing", nil, 0, false},
		{"a little", []int{3, 0, 4}, 7, false},
		{"one byte less than may be", []int{maxOutput - 1}, maxOutput - 1, false},
		{"just as much as may be", []int{maxOutput - 1, 1}, maxOutput, true},
		{"one write across the end", []int{maxOutput - 10, 30}, maxOutput, true},
		{"a flood", []int{maxOutput / 2, maxOutput, maxOutput, 1}, maxOutput, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "stdout.log")
			file, err := createCapped(path)
			require.NoError(t, err)
			for _, size := range c.writes {
				n, err := file.Write(bytes.Repeat([]byte("x"), size))
				require.NoError(t, err)
				require.Equal(t, size, n)
			}
			require.NoError(t, file.Close())
			n, err := file.Write([]byte("late"))
			require.NoError(t, err, "a program that outlives its log must not notice")
			assert.Equal(t, 4, n)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, c.kept, strings.Count(string(text), "x"))
			assert.Equal(t, c.cut, strings.HasSuffix(string(text), cutMark))
		})
	}
}

func TestOutputTakesSeveralWritersAtOnce(t *testing.T) {
	dir := t.TempDir()
	out, err := openOutput(dir)
	require.NoError(t, err)
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for range 100 {
				_, _ = out.stderr.Write(bytes.Repeat([]byte("y"), 4096))
			}
		})
	}
	writers.Wait()
	require.NoError(t, out.Close())
	text, err := os.ReadFile(filepath.Join(dir, harness.StderrFile))
	require.NoError(t, err)
	assert.Len(t, text, maxOutput+len(cutMark))
	for _, empty := range []string{harness.StdoutFile, harness.PeerFile} {
		assert.FileExists(t, filepath.Join(dir, empty))
	}
}
