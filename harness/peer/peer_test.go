package peer

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

// running is a peer that serves for the length of a test.
type running struct {
	testing.TB
	Client
	Addresses
}

func start(t testing.TB, config Config) *running {
	t.Helper()
	for _, address := range []*string{&config.ControlListen, &config.SourceListen, &config.SinkListen} {
		*address = "127.0.0.1:0"
	}
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := Run(ctx, config, in)
		_ = in.CloseWithError(io.ErrUnexpectedEOF)
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	r := &running{TB: t}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(line, &r.Addresses))
	r.Base = "http://" + r.Control
	return r
}

func (r *running) begin(phase harness.Phase) {
	r.Helper()
	require.NoError(r, r.Start(context.Background()))
	r.phase(phase)
}

func (r *running) phase(phase harness.Phase) {
	r.Helper()
	require.NoError(r, r.Phase(context.Background(), phase))
}

func (r *running) stats() map[harness.Metric]float64 {
	r.Helper()
	values, err := r.Stats(context.Background())
	require.NoError(r, err)
	return values
}

// until polls the stats; a test that never gets there fails with the last ones.
func (r *running) until(reached func(map[harness.Metric]float64) bool) map[harness.Metric]float64 {
	r.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for {
		values := r.stats()
		if reached(values) {
			return values
		}
		if time.Now().After(deadline) {
			require.Fail(r, "not reached", "%v", values)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func dial(t testing.TB, address string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn.(*net.TCPConn)
}

// program is a sound copying program with a twist: each row goes through write.
func (r *running) program(write func(to io.Writer, row []byte) error) {
	from, to := dial(r, r.Source), dial(r, r.Sink)
	_ = to.SetWriteBuffer(64 << 10)
	go func() {
		rows := bufio.NewReaderSize(from, 64<<10)
		out := bufio.NewWriterSize(to, 64<<10)
		for {
			row, err := rows.ReadSlice('\n')
			if err != nil {
				break
			}
			if write(out, row) != nil {
				return
			}
		}
		_ = out.Flush()
		_ = to.Close()
	}()
}

func copyRow(to io.Writer, row []byte) error {
	_, err := to.Write(row)
	return err
}

func tcpConfig(rows int64, size harness.Bytes) Config {
	return Config{
		Source: &harness.Source{Rows: rows, Row: harness.RowSize{Min: size, Max: size}, Seed: 7},
		Sink:   harness.Sink{Kind: harness.SinkTCP},
	}
}

func TestCopiesWithoutLoss(t *testing.T) {
	const rows = 20_000
	r := start(t, tcpConfig(rows, 1<<10))
	require.ErrorContains(t, r.Ready(context.Background()), "not connected to the source")
	r.program(copyRow)
	require.Eventually(t, func() bool { return r.Ready(context.Background()) == nil }, 5*time.Second, time.Millisecond)
	r.begin(harness.Phase{Name: "drain"})
	values := r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkFinished] == 1 })
	require.EqualValues(t, rows, values[harness.SinkRows])
	require.EqualValues(t, rows, values[harness.SourceRows])
	require.EqualValues(t, rows<<10, values[harness.SourceBytes])
	require.EqualValues(t, rows<<10, values[harness.SinkBytes])
	require.EqualValues(t, 1, values[harness.SourceEnded])
	for _, none := range []harness.Metric{harness.SinkHoles, harness.SinkDuplicates, harness.SinkReordered, harness.SinkFailed, harness.SourceAborted} {
		require.Zero(t, values[none], none)
	}
}

func TestStoppedSinkBlocksTheSource(t *testing.T) {
	const rows = 40_000
	r := start(t, tcpConfig(rows, 1<<10))
	r.program(copyRow)
	r.until(func(v map[harness.Metric]float64) bool {
		return v[harness.SourceConnections] == 1 && v[harness.SinkConnections] == 1
	})
	r.begin(harness.Phase{Name: "stalled", Behaviour: harness.Behaviour{StopReading: true}})
	values := r.until(func(v map[harness.Metric]float64) bool {
		return v[harness.SourceBlockedSeconds] > 0.1 && v[harness.SinkStalled] == 1
	})
	require.Less(t, values[harness.SourceRows], float64(rows), "the kernel swallowed everything")
	require.Positive(t, values[harness.SinkUnread])
	require.Positive(t, values[harness.SinkUnreadSeconds])
	require.Zero(t, values[harness.SinkRows])
	require.LessOrEqual(t, values[harness.SinkUnreadSeconds], values[harness.SinkConnectionSeconds])
	require.LessOrEqual(t, values[harness.SourceBlockedSeconds], values[harness.SourceConnectionSeconds])

	r.phase(harness.Phase{Name: "drain"})
	values = r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkFinished] == 1 })
	require.EqualValues(t, rows, values[harness.SinkRows])
	require.Zero(t, values[harness.SinkHoles])
	require.Zero(t, values[harness.SinkDuplicates])
	require.Zero(t, values[harness.SinkStalled])
}

// Whatever its connections wait for, a peer ends when it is told to; start's cleanup
// waits for it.
func TestEndsWhileConnectionsWait(t *testing.T) {
	for name, phase := range map[string]*harness.Phase{
		"held":    nil,
		"stopped": {Behaviour: harness.Behaviour{StopReading: true}},
		"paced":   {Behaviour: harness.Behaviour{Rate: 1 << 10}},
		"hungry":  {},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, tcpConfig(1_000_000, 1<<10))
			dial(t, r.Source)
			dial(t, r.Source)
			conn := dial(t, r.Sink)
			if name != "hungry" {
				_, err := conn.Write(make([]byte, 32<<10))
				require.NoError(t, err)
			}
			r.until(func(v map[harness.Metric]float64) bool {
				return v[harness.SinkConnections] == 1 && v[harness.SourceConnections] == 2
			})
			if phase != nil {
				r.begin(*phase)
				r.until(func(v map[harness.Metric]float64) bool {
					return v[harness.SourceBlockedSeconds] > 0 && v[harness.SinkUnreadSeconds]+v[harness.SinkHungrySeconds] > 0
				})
			}
		})
	}
}
