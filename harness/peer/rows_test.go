package peer

import (
	"bytes"
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

func TestRows(t *testing.T) {
	source := harness.Source{Rows: 10, Row: harness.RowSize{Min: 48, Max: 300}, Seed: 1}
	maker := newRowMaker(source)
	form := regexp.MustCompile(`^\d+-\d+-[0-9a-f]{8},[ -~]*\n$`)
	for _, at := range [][2]int64{{0, 0}, {0, 1}, {1, 0}, {9_999_999_999, 999_999_999_999_999_999}} {
		row := maker.append([]byte("before"), at[0], at[1])[len("before"):]
		require.Regexp(t, form, string(row))
		require.GreaterOrEqual(t, len(row), 48)
		require.LessOrEqual(t, len(row), 300)
		require.Equal(t, 1, bytes.Count(row, []byte(",")))
		require.Equal(t, 2, bytes.Count(row, []byte("-")), "the parser goes by dashes")
		require.Equal(t, row, newRowMaker(source).append(nil, at[0], at[1]), "a function of seed, stream and number")
		other := source
		other.Seed++
		require.NotEqual(t, row, newRowMaker(other).append(nil, at[0], at[1]))
	}
}

func TestRowLengthsAreDrawnEvenly(t *testing.T) {
	const rows, low, high = 20_000, 400, 1000
	maker := newRowMaker(harness.Source{Row: harness.RowSize{Min: low, Max: high}, Seed: 3})
	sum, seen := 0, map[int]bool{}
	for seq := range int64(rows) {
		length := len(maker.append(nil, 0, seq))
		sum += length
		seen[length] = true
	}
	// Standard error of the mean: 600/sqrt(12)/sqrt(20000) = 1.2 bytes.
	require.InDelta(t, (low+high)/2, float64(sum)/rows, 6)
	require.Len(t, seen, high-low+1)
	require.True(t, seen[low] && seen[high])
}

func TestLongRowsWrapTheBlock(t *testing.T) {
	const size = 5*blockSize + 17
	maker := newRowMaker(harness.Source{Row: harness.RowSize{Min: size, Max: size}})
	row := maker.append(nil, 3, 4)
	assert.Len(t, row, size)
	assert.Equal(t, size-1, bytes.IndexByte(row, '\n'))
}

func BenchmarkSource(b *testing.B) {
	for _, size := range []harness.Bytes{48, 200, 1 << 10} {
		b.Run(fmt.Sprintf("row=%d", size), func(b *testing.B) {
			s := &source{config: harness.Source{Rows: 1 << 40, Row: harness.RowSize{Min: size, Max: size}}}
			s.rows = newRowMaker(s.config)
			var batch []byte
			seq := int64(0)
			for b.Loop() {
				batch, seq = s.fill(batch[:0], 0, seq, maxChunk)
			}
			b.SetBytes(int64(len(batch)))
		})
	}
}
