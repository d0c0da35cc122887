package harness_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

// exactBytes is the largest size that a decimal number of a file holds to the byte.
const exactBytes = 1 << 53

func FuzzBytesRoundTrip(f *testing.F) {
	for _, size := range []int64{0, 1, 999, 1000, 1024, 1025, 256 << 20, 4 << 30, exactBytes - 1, exactBytes} {
		f.Add(size)
	}
	f.Fuzz(func(t *testing.T, number int64) {
		if number < 0 || number > exactBytes {
			return
		}
		size := harness.Bytes(number)
		parsed, err := harness.ParseBytes(size.String())
		require.NoError(t, err)
		require.Equal(t, size, parsed)
		rate := harness.Rate(number)
		again, err := harness.ParseRate(rate.String())
		require.NoError(t, err)
		require.Equal(t, rate, again)
	})
}

func FuzzDurationRoundTrip(f *testing.F) {
	f.Add(int64(0))
	f.Add(int64(90 * time.Second))
	f.Add(int64(250 * time.Millisecond))
	f.Fuzz(func(t *testing.T, number int64) {
		if number < 0 {
			return
		}
		var parsed harness.Duration
		require.NoError(t, parsed.UnmarshalText([]byte(harness.Duration(number).String())))
		require.Equal(t, harness.Duration(number), parsed)
	})
}

func FuzzRowSizeRoundTrip(f *testing.F) {
	f.Add(int64(400), int64(1000))
	f.Add(int64(1024), int64(1024))
	f.Add(int64(0), int64(1))
	f.Fuzz(func(t *testing.T, low, high int64) {
		size := harness.RowSize{Min: harness.Bytes(low), Max: harness.Bytes(high)}
		legal := size.Min >= harness.MinRow && size.Min <= size.Max && size.Max <= harness.MaxRow
		if !legal {
			return
		}
		var parsed harness.RowSize
		require.NoError(t, parsed.UnmarshalText([]byte(size.String())))
		require.Equal(t, size, parsed)
	})
}
