package runner

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

// Whatever a program prints, its writes succeed, the file stays small, and it holds how
// that began and how it ended.
func TestCappedFile(t *testing.T) {
	const most = maxHead + maxTail
	cases := []struct {
		name   string
		writes []int // bytes each
		cut    int
	}{
		{"nothing", nil, 0},
		{"a little", []int{3, 0, 4}, 0},
		{"one byte less than may be", []int{most - 1}, 0},
		{"just as much as may be", []int{most - 1, 1}, 0},
		{"one write across the end", []int{most - 10, 30}, 20},
		{"a flood", []int{most / 2, most, most, 1}, most/2 + most + 1},
		{"a flood of drops", slices.Repeat([]int{1000}, 4000), 4_000_000 - most},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "stdout.log")
			file, err := createCapped(path)
			require.NoError(t, err)
			var all []byte
			for _, size := range c.writes {
				text := make([]byte, size)
				for i := range text {
					text[i] = 'a' + byte((len(all)+i)%23)
				}
				all = append(all, text...)
				n, err := file.Write(text)
				require.NoError(t, err)
				require.Equal(t, size, n)
			}
			require.NoError(t, file.Close())
			n, err := file.Write([]byte("late"))
			require.NoError(t, err, "a program that outlives its log must not notice")
			assert.Equal(t, 4, n)
			want := string(all)
			if c.cut > 0 {
				want = string(all[:maxHead]) + cutMark(c.cut) + string(all[len(all)-maxTail:])
			}
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.True(t, want == string(text), "%d bytes, want %d", len(text), len(want))
		})
	}
}

func cutMark(bytes int) string {
	return fmt.Sprintf("\n... %d bytes were left out here by highwater ...\n", bytes)
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
	assert.Len(t, text, maxHead+maxTail+len(cutMark(8*100*4096-maxHead-maxTail)))
	for _, empty := range []string{harness.StdoutFile, harness.PeerFile} {
		assert.FileExists(t, filepath.Join(dir, empty))
	}
}
