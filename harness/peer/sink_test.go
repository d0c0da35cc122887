package peer

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

func finished(n float64) func(map[harness.Metric]float64) bool {
	return func(v map[harness.Metric]float64) bool { return v[harness.SinkFinished] == n }
}

func TestDroppingProgramLeavesHoles(t *testing.T) {
	r := start(t, tcpConfig(1000, 100))
	seen := 0
	r.program(func(to io.Writer, row []byte) error {
		if seen++; seen%10 == 0 && seen < 1000 {
			return nil
		}
		return copyRow(to, row)
	})
	r.begin(harness.Phase{})
	values := r.until(finished(1))
	require.EqualValues(t, 99, values[harness.SinkHoles])
	require.EqualValues(t, 901, values[harness.SinkRows])
	require.Zero(t, values[harness.SinkDuplicates])
}

// A program that delivers a hundred rows as one line of JSON loses nothing.
func TestBatchingProgramLosesNothing(t *testing.T) {
	r := start(t, tcpConfig(1000, 100))
	seen := 0
	r.program(func(to io.Writer, row []byte) error {
		between := ","
		switch seen++; seen % 100 {
		case 1:
			between = "["
		case 0:
			defer func() { _, _ = io.WriteString(to, "]\n") }()
		}
		id, payload, _ := strings.Cut(strings.TrimSpace(string(row)), ",")
		_, err := fmt.Fprintf(to, `%s{"at":"2026-11-23","id":"%s","text":"%s"}`, between, id, payload)
		return err
	})
	r.begin(harness.Phase{})
	values := r.until(finished(1))
	require.EqualValues(t, 1000, values[harness.SinkRows])
	require.Zero(t, values[harness.SinkHoles])
	require.Zero(t, values[harness.SinkDuplicates])
}

func TestDoublingProgramIsSeen(t *testing.T) {
	r := start(t, tcpConfig(1000, 100))
	r.program(func(to io.Writer, row []byte) error {
		_ = copyRow(to, row)
		return copyRow(to, row)
	})
	r.begin(harness.Phase{})
	values := r.until(finished(1))
	require.EqualValues(t, 1000, values[harness.SinkDuplicates])
	require.EqualValues(t, 1000, values[harness.SinkRows])
	require.Zero(t, values[harness.SinkHoles])
	require.Zero(t, values[harness.SinkReordered])
}

// A program that waits to deliver leaves the sink hungry, not the source blocked.
func TestSilentProgramLeavesTheSinkHungry(t *testing.T) {
	r := start(t, Config{Sink: harness.Sink{Kind: harness.SinkTCP}})
	require.ErrorContains(t, r.Ready(context.Background()), "not connected to the sink")
	conn := dial(t, r.Sink)
	r.begin(harness.Phase{})
	r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkHungrySeconds] > 0.02 })
	require.NoError(t, r.Ready(context.Background()))
	// A hungry read is called off by the next phase: nothing slips through it.
	r.phase(harness.Phase{Behaviour: harness.Behaviour{StopReading: true}})
	hungry := -1.0
	r.until(func(v map[harness.Metric]float64) bool {
		before := hungry
		hungry = v[harness.SinkHungrySeconds]
		return hungry == before
	})
	_, err := conn.Write([]byte("not a row\n"))
	require.NoError(t, err)
	values := r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkUnreadSeconds] > 0.02 })
	require.EqualValues(t, 1, values[harness.SinkStalled])
	require.EqualValues(t, 10, values[harness.SinkUnread])
	require.Zero(t, values[harness.SinkBytes])
	require.Equal(t, hungry, values[harness.SinkHungrySeconds])
	r.phase(harness.Phase{Behaviour: harness.Behaviour{Rate: harness.Rate(harness.MiB)}})
	values = r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkBytes] == 10 })
	require.Zero(t, values[harness.SinkRows])
	require.NoError(t, conn.Close())
	r.until(finished(1))
}

// A pause over an empty queue is nobody's pressure.
func TestPauseWithoutBytesIsNotPressure(t *testing.T) {
	r := start(t, Config{Sink: harness.Sink{Kind: harness.SinkTCP}})
	dial(t, r.Sink)
	r.begin(harness.Phase{Behaviour: harness.Behaviour{StopReading: true}})
	values := r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkConnectionSeconds] > 0.05 })
	require.Zero(t, values[harness.SinkUnreadSeconds])
	require.Zero(t, values[harness.SinkStalled])
	require.Zero(t, values[harness.SinkHungrySeconds])
}

func TestResetConnectionsFail(t *testing.T) {
	r := start(t, Config{Sink: harness.Sink{Kind: harness.SinkTCP}})
	conn := dial(t, r.Sink)
	r.begin(harness.Phase{})
	r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkConnections] == 1 })
	require.NoError(t, conn.SetLinger(0))
	require.NoError(t, conn.Close())
	values := r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkFailed] == 1 })
	require.Zero(t, values[harness.SinkFinished])
}

func TestProgramThatLeavesEarlyAborts(t *testing.T) {
	r := start(t, tcpConfig(1_000_000, 1<<10))
	first, second := dial(t, r.Source), dial(t, r.Source)
	r.begin(harness.Phase{})
	for _, conn := range []net.Conn{first, second} {
		_, err := io.CopyN(io.Discard, conn, 1<<20)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	values := r.until(func(v map[harness.Metric]float64) bool { return v[harness.SourceAborted] == 2 })
	require.Zero(t, values[harness.SourceEnded])
	require.EqualValues(t, 2, values[harness.SourceConnectionsTotal])
}

// serveRows is a program that serves its source to whoever comes, sound as can be.
func serveRows(t *testing.T, sourceAddress *string) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/export" {
			http.NotFound(w, r)
			return
		}
		conn, err := net.Dial("tcp", *sourceAddress)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer conn.Close()
		_, _ = io.Copy(w, conn)
	}))
	t.Cleanup(server.Close)
	return server
}

func downloadConfig(server *httptest.Server, path string, clients int) Config {
	config := tcpConfig(5000, 1<<10)
	config.Sink = harness.Sink{Kind: harness.SinkHTTPClient, Clients: clients, Path: path, ReceiveBuffer: 64 * harness.KiB}
	config.Download = strings.TrimPrefix(server.URL, "http://")
	config.Debug = config.Download
	return config
}

func TestDownloads(t *testing.T) {
	var source string
	r := start(t, downloadConfig(serveRows(t, &source), "/export", 3))
	source = r.Source
	require.Empty(t, r.Sink)
	require.NoError(t, r.Ready(context.Background()))
	require.NoError(t, r.Start(context.Background()))
	values := r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkConnections] == 3 })
	require.Zero(t, values[harness.SourceBytes])
	require.Zero(t, values[harness.SinkAnsweredTotal])
	r.phase(harness.Phase{Behaviour: harness.Behaviour{StopReading: true}})
	r.until(func(v map[harness.Metric]float64) bool {
		return v[harness.SinkStalled] == 3 && v[harness.SourceBlockedSeconds] > 0.01
	})
	r.phase(harness.Phase{})
	values = r.until(finished(3))
	require.EqualValues(t, 15_000, values[harness.SinkRows])
	require.EqualValues(t, 15_000<<10, values[harness.SinkBytes])
	require.Zero(t, values[harness.SinkHoles])
	require.Zero(t, values[harness.SinkFailed])
	values = r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkConnections] == 0 })
	require.EqualValues(t, 3, values[harness.SinkAnsweredTotal])
	require.Zero(t, values[harness.SinkAnswered])
}

// Clients that repeat come again until a phase has them leave.
func TestClientsLeaveForGood(t *testing.T) {
	var source string
	config := downloadConfig(serveRows(t, &source), "/export", 3)
	config.Sink.Repeat = true
	r := start(t, config)
	source = r.Source
	require.NoError(t, r.Start(context.Background()))
	r.phase(harness.Phase{Behaviour: harness.Behaviour{StopReading: true}})
	r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkStalled] == 3 })
	r.phase(harness.Phase{Leave: true})
	r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkDeparted] == 3 })
	r.phase(harness.Phase{Leave: true})
	values := r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkConnections] == 0 })
	require.EqualValues(t, 3, values[harness.SinkConnectionsTotal])
	require.Zero(t, values[harness.SinkFailed])
}

func TestBadAnswersFail(t *testing.T) {
	var source string
	r := start(t, downloadConfig(serveRows(t, &source), "/nowhere", 2))
	r.begin(harness.Phase{})
	values := r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkFailed] == 2 })
	require.Zero(t, values[harness.SinkFinished])
}

func TestRefusedDownloadsFailAndAreNotReady(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	config := downloadConfig(server, "/", 1)
	server.Close()
	r := start(t, config)
	require.ErrorContains(t, r.Ready(context.Background()), "does not listen")
	r.begin(harness.Phase{})
	values := r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkFailed] == 1 })
	require.Zero(t, values[harness.SinkConnectionsTotal])
}

// Stats must answer whatever happens elsewhere, and find every stalled connection.
func TestManyStalledConnections(t *testing.T) {
	const many = 300
	r := start(t, Config{Sink: harness.Sink{Kind: harness.SinkTCP, ReceiveBuffer: 4 * harness.KiB}})
	for i := range many {
		_, err := fmt.Fprintf(dial(t, r.Sink), "client %d\n", i)
		require.NoError(t, err)
	}
	r.begin(harness.Phase{Behaviour: harness.Behaviour{StopReading: true}})
	r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkStalled] == many })
	r.phase(harness.Phase{})
	r.until(func(v map[harness.Metric]float64) bool {
		return v[harness.SinkStalled] == 0 && v[harness.SinkUnread] == 0
	})
}
