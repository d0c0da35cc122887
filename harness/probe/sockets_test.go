package probe

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

// testdata/net holds a listener with 128 waiting connections (not bytes), both ends of
// a connection to port 9000 (a write of 4096 bytes under way, 512 unread; 512 KiB
// unread at the other end), one in TIME_WAIT, and two of IPv6: one to port 8080 with
// 16 bytes unread and one to 9000 with 1 byte unacknowledged.
func TestSockets(t *testing.T) {
	cases := map[string]struct {
		mine   func(local, remote int) bool
		sent   float64
		unread float64
	}{
		"all":                            {nil, 4096 + 1, 512 + 512*1024 + 16},
		"to port 9000":                   {func(_, remote int) bool { return remote == 9000 }, 4096 + 1, 512},
		"served on port 8080":            {func(local, _ int) bool { return local == 8080 }, 0, 16},
		"of nobody":                      {func(int, int) bool { return false }, 0, 0},
		"of a program that only listens": {func(local, remote int) bool { return local == 8080 && remote == 0 }, 0, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			values := map[harness.Metric]float64{}
			require.NoError(t, (&Sockets{Dir: "testdata/net", Mine: c.mine}).Sample(values))
			assert.Equal(t, map[harness.Metric]float64{harness.SocketQueues: c.sent + c.unread, harness.SocketUnread: c.unread}, values)
		})
	}
}

func TestSocketsWithoutIPv6(t *testing.T) {
	dir := t.TempDir()
	text, err := os.ReadFile("testdata/net/tcp")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tcp"), text, 0o644))
	values := map[harness.Metric]float64{}
	require.NoError(t, (&Sockets{Dir: dir}).Sample(values))
	assert.EqualValues(t, 4096+512+512*1024, values[harness.SocketQueues])
}

// A namespace that has gone is no empty one.
func TestSocketsOfNobody(t *testing.T) {
	values := map[harness.Metric]float64{}
	err := (&Sockets{Dir: t.TempDir()}).Sample(values)
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.Empty(t, values)
}

func FuzzSocketLine(f *testing.F) {
	for _, name := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(filepath.Join("testdata/net", name))
		require.NoError(f, err)
		for line := range bytes.Lines(text) {
			f.Add(line)
		}
	}
	f.Add([]byte("0: :1 :2 01 FFFFFFFFFFFFFFFF:1"))
	f.Add([]byte("0: 1 2 01 1:1"))
	f.Fuzz(func(t *testing.T, line []byte) {
		sent, received := (&Sockets{}).queued(line)
		for _, bytes := range []float64{sent, received} {
			if math.IsNaN(bytes) || bytes < 0 || bytes > math.MaxUint32 {
				t.Errorf("%v bytes in %q", bytes, line)
			}
		}
		none := Sockets{Mine: func(int, int) bool { return false }}
		if sent, received = none.queued(line); sent+received != 0 {
			t.Errorf("%q counts though it is nobody's", line)
		}
	})
}

// BenchmarkSocketsSample reads this machine's own connections.
func BenchmarkSocketsSample(b *testing.B) {
	sockets := &Sockets{Dir: "/proc/self/net"}
	values := map[harness.Metric]float64{}
	if err := sockets.Sample(values); err != nil {
		b.Skip("no socket queues can be read here: ", err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := sockets.Sample(values); err != nil {
			b.Fatal(err)
		}
	}
}
