package peer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

func manner(b harness.Behaviour) harness.Phase { return harness.Phase{Behaviour: b} }

// chainOf is the only behaviour of a connection in a phase.
func chainOf(t *testing.T, told harness.Phase, number int64) (behaviour, *fakeConn) {
	t.Helper()
	now, _ := testPhase(t, told)
	chain := behaviours(now, number, 0)
	require.Len(t, chain, 1)
	return chain[0], &fakeConn{phase: now}
}

func TestLatencyStaysWithinItsJitterAndIsTheSeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := manner(harness.Behaviour{Latency: harness.Duration(100 * time.Millisecond), Jitter: harness.Duration(40 * time.Millisecond)})
		waits := func(number int64) (all []time.Duration) {
			b, conn := chainOf(t, told, number)
			for range 200 {
				begin := time.Now()
				require.True(t, conn.read(t, b, 10))
				all = append(all, time.Since(begin))
			}
			return all
		}
		first := waits(3)
		assert.Equal(t, first, waits(3))
		assert.NotEqual(t, first, waits(4))
		shortest, longest := first[0], first[0]
		for _, one := range first {
			shortest, longest = min(shortest, one), max(longest, one)
		}
		assert.GreaterOrEqual(t, shortest, 60*time.Millisecond)
		assert.LessOrEqual(t, longest, 140*time.Millisecond)
		assert.Greater(t, longest-shortest, 60*time.Millisecond, "the whole span is used")
	})
}

func TestTrickleReadsFewBytesAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, conn := chainOf(t, manner(harness.Behaviour{Trickle: &harness.Trickle{Bytes: 3, Every: harness.Duration(time.Second)}}), 0)
		begin := time.Now()
		for range 60 {
			require.True(t, conn.read(t, b, 4096))
		}
		assert.EqualValues(t, 180, conn.bytes)
		assert.Equal(t, time.Minute, time.Since(begin))
	})
}

func TestStallReadsExactlySoMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now, all := testPhase(t, manner(harness.Behaviour{StallAfter: 1000}))
		conn, b := &fakeConn{phase: now}, behaviours(now, 0, 0)[0]
		for conn.bytes < 1000 {
			require.True(t, conn.read(t, b, 300))
		}
		time.AfterFunc(time.Hour, func() { all.set(harness.Phase{}) })
		require.False(t, conn.read(t, b, 300), "not before the phase is over")
		assert.EqualValues(t, 1000, conn.bytes)
	})
}

func TestLeavesAndHalfClosesAtItsCount(t *testing.T) {
	for name, b := range map[string]harness.Behaviour{
		"in order": {DisconnectAfter: 500}, "reset": {ResetAfter: 500},
	} {
		t.Run(name, func(t *testing.T) {
			b, conn := chainOf(t, manner(b), 0)
			for conn.bytes < 500 {
				require.True(t, conn.read(t, b, 499))
			}
			_, err := b.before(conn, 1)
			assert.ErrorIs(t, err, errLeft)
			assert.True(t, conn.left)
			assert.Equal(t, name == "reset", conn.reset)
			assert.EqualValues(t, 500, conn.bytes)
		})
	}
	b, conn := chainOf(t, manner(harness.Behaviour{HalfCloseAfter: 500}), 0)
	for conn.bytes < 700 {
		require.True(t, conn.read(t, b, 100))
	}
	assert.Equal(t, 2, conn.halved, "asked at 500 and 600, and the connection does it once")
}

// Some picks by seed and number: the same connections in every phase and every run, and
// about as many as the share says.
func TestSomePickTheirShare(t *testing.T) {
	some := []harness.Some{
		{Share: 0.25, Behaviour: harness.Behaviour{StopReading: true}},
		{Share: 0.5, Behaviour: harness.Behaviour{Rate: 1}},
	}
	told := harness.Phase{Behaviour: harness.Behaviour{Rate: 2}, Some: some}
	now, _ := testPhase(t, told)
	again, _ := testPhase(t, told)
	counts := map[string]int{}
	for number := range int64(10_000) {
		picked := now.of(number)
		require.Equal(t, picked, again.of(number))
		counts[fmt.Sprint(picked.StopReading, picked.Rate)]++
	}
	assert.InDelta(t, 2500, counts[fmt.Sprint(true, harness.Rate(0))], 200)
	assert.InDelta(t, 5000, counts[fmt.Sprint(false, harness.Rate(1))], 200)
	assert.InDelta(t, 2500, counts[fmt.Sprint(false, harness.Rate(2))], 200)
}

func TestClientsArriveEvenly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run, cancel := newTestRun(t)
		all := newPhases(run, 1, func() {})
		c := &clients{sink: &sink{phases: all}}
		var begun []time.Duration
		begin := time.Now()
		all.set(harness.Phase{Arrivals: 4})
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.arrivals(run, func() { begun = append(begun, time.Since(begin)) })
		}()
		time.Sleep(2100 * time.Millisecond)
		all.set(harness.Phase{}) // nobody comes
		time.Sleep(time.Hour)
		cancel()
		<-done
		require.Len(t, begun, 8)
		for i, at := range begun {
			assert.Equal(t, time.Duration(i+1)*250*time.Millisecond, at)
		}
	})
}

// download is a program that serves endless text, and tells how each request ended.
func download(t *testing.T) (address string, ended chan error) {
	ended = make(chan error, 10_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		text := bytes.Repeat([]byte("x"), 16<<10)
		for {
			if _, err := w.Write(text); err != nil {
				ended <- err
				return
			}
		}
	}))
	t.Cleanup(server.CloseClientConnections)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), ended
}

func clientConfig(address string, clients int) Config {
	return Config{Download: address, Sink: harness.Sink{Kind: harness.SinkHTTPClient, Clients: clients, Path: "/"}}
}

func TestClientsThatLeaveAreSeenByTheProgramAndCounted(t *testing.T) {
	address, ended := download(t)
	r := start(t, clientConfig(address, 3))
	r.begin(manner(harness.Behaviour{StallAfter: 64 << 10}))
	stalled := r.until(func(v map[harness.Metric]float64) bool {
		return v[harness.SinkStalled] == 3 && v[harness.SinkBytes] >= 3*63*1024
	})
	assert.Positive(t, stalled[harness.SinkUnread])
	assert.Less(t, stalled[harness.SinkBytes], 3*64.0*1024, "headers count, too")
	r.phase(manner(harness.Behaviour{DisconnectAfter: 1}))
	gone := r.until(func(v map[harness.Metric]float64) bool {
		return v[harness.SinkConnections] == 0 && v[harness.SinkDeparted] == 3 && v[harness.SinkClients] == 0
	})
	assert.Zero(t, gone[harness.SinkFailed]+gone[harness.SinkFinished])
	for range 3 {
		assert.Error(t, <-ended)
	}
}

func TestClientsThatRepeatComeAgainUntilTheDrain(t *testing.T) {
	address, _ := download(t)
	config := clientConfig(address, 2)
	config.Sink.Repeat = true
	r := start(t, config)
	r.begin(manner(harness.Behaviour{DisconnectAfter: 32 << 10}))
	r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkDeparted] > 20 })
	drain := manner(harness.Behaviour{DisconnectAfter: 32 << 10})
	drain.Until = harness.UntilDrained
	r.phase(drain)
	over := r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkClients] == 0 })
	assert.Equal(t, over[harness.SinkConnectionsTotal], over[harness.SinkDeparted])
}

func TestResetArrivesAsReset(t *testing.T) {
	r := start(t, tcpConfig(10, 100))
	to := dial(t, r.Sink)
	from := dial(t, r.Source)
	defer from.Close()
	r.begin(manner(harness.Behaviour{ResetAfter: 5}))
	_, err := to.Write([]byte("0123456789"))
	require.NoError(t, err)
	_, err = to.Read(make([]byte, 1))
	assert.ErrorIs(t, err, syscall.ECONNRESET)
	r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkDeparted] == 1 })
}

func TestHalfCloseEndsTheProgramsInputOnly(t *testing.T) {
	r := start(t, tcpConfig(10, 100))
	to, from := dial(t, r.Sink), dial(t, r.Source)
	defer from.Close()
	r.begin(manner(harness.Behaviour{HalfCloseAfter: 5}))
	_, err := to.Write([]byte("0123456789"))
	require.NoError(t, err)
	_, err = to.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	_, err = to.Write([]byte("more"))
	require.NoError(t, err)
	require.NoError(t, to.Close())
	values := r.until(finished(1))
	assert.EqualValues(t, 14, values[harness.SinkBytes])
}

func TestSlowAcceptLeavesConnectionsInTheQueue(t *testing.T) {
	r := start(t, tcpConfig(10, 100))
	r.begin(manner(harness.Behaviour{SlowAccept: harness.Duration(time.Hour)}))
	to := dial(t, r.Sink)
	_, err := to.Write([]byte("hello"))
	require.NoError(t, err, "the kernel has taken the connection")
	require.Zero(t, r.stats()[harness.SinkConnectionsTotal])
	r.phase(harness.Phase{})
	r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkBytes] == 5 })
}

func TestRequestsAreDeliveries(t *testing.T) {
	config := tcpConfig(100, 100)
	config.Sink.Kind = harness.SinkHTTP
	r := start(t, config)
	from := dial(t, r.Source)
	r.begin(harness.Phase{})
	rows, err := io.ReadAll(from)
	require.NoError(t, err)
	half := bytes.IndexByte(rows[len(rows)/2:], '\n') + len(rows)/2 + 1
	client := http.Client{Transport: &http.Transport{}}
	for _, body := range [][]byte{rows[:half], rows[half:]} {
		request, err := http.NewRequest(http.MethodPut, "http://"+r.Sink+"/anything", io.MultiReader(bytes.NewReader(body))) // chunked
		require.NoError(t, err)
		request.Header.Set("Expect", "100-continue")
		answer, err := client.Do(request)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, answer.StatusCode)
		require.NoError(t, answer.Body.Close())
	}
	values := r.until(func(v map[harness.Metric]float64) bool { return v[harness.OpsTotal] == 2 })
	assert.EqualValues(t, 100, values[harness.SinkRows])
	assert.EqualValues(t, len(rows), values[harness.SinkBytes])
	assert.EqualValues(t, 1, values[harness.SinkConnectionsTotal], "kept alive")
	client.CloseIdleConnections()
	r.until(finished(1))
}

func TestBrokenRequestIsAFailure(t *testing.T) {
	config := tcpConfig(1, 100)
	config.Sink.Kind = harness.SinkHTTP
	r := start(t, config)
	to := dial(t, r.Sink)
	r.begin(harness.Phase{})
	_, err := io.WriteString(to, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
	require.NoError(t, err)
	require.NoError(t, to.Close())
	values := r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkFailed] == 1 })
	assert.Zero(t, values[harness.OpsTotal])
}

func TestClientSaysItsOpeningText(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	var connected atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connected.Add(1)
			go func() {
				defer conn.Close()
				line, _ := bufio.NewReader(conn).ReadString('\n')
				_, _ = io.WriteString(conn, strings.Repeat(line, 3))
			}()
		}
	}()
	config := Config{Download: listener.Addr().String(), Sink: harness.Sink{Kind: harness.SinkTCPClient, Clients: 2, Opening: "more\n"}}
	r := start(t, config)
	require.NoError(t, r.Ready(t.Context()))
	require.NoError(t, r.Ready(t.Context()))
	r.begin(harness.Phase{})
	values := r.until(finished(2))
	assert.EqualValues(t, 30, values[harness.SinkBytes])
	assert.EqualValues(t, 2, connected.Load(), "the connection that showed it listens is the first client's")
}

func TestRedirectsAreFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "here") }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusSeeOther)
	}))
	defer server.Close()
	r := start(t, clientConfig(server.Listener.Addr().String(), 1))
	r.begin(harness.Phase{})
	assert.EqualValues(t, 4, r.until(finished(1))[harness.SinkBytes])
}

func TestProbesCountFailuresAndLateness(t *testing.T) {
	var healthy atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !healthy.Load() {
			<-r.Context().Done()
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	config := clientConfig(server.Listener.Addr().String(), 0)
	within := 200 * time.Millisecond
	config.Probes = &harness.Probes{Path: "/healthz", Every: harness.Duration(10 * time.Millisecond), Within: harness.Duration(within)}
	r := start(t, config)
	require.Zero(t, r.stats()[harness.ProbesTotal], "not before the load")
	r.begin(harness.Phase{})
	late := r.until(func(v map[harness.Metric]float64) bool { return v[harness.ProbesTotal] >= 5 })
	assert.Equal(t, late[harness.ProbesTotal], late[harness.ProbesFailed])
	assert.InDelta(t, within.Seconds(), late[harness.ProbeWorst], 1e-9)
	healthy.Store(true)
	r.until(func(v map[harness.Metric]float64) bool { return v[harness.ProbesTotal]-v[harness.ProbesFailed] >= 5 })
	assert.Zero(t, r.stats()[harness.SinkConnectionsTotal], "probes are no clients")
}

func TestNoAnswerIsNoOrderlyEnd(t *testing.T) {
	c := &sinkConn{}
	assert.ErrorIs(t, noAnswer(c, io.EOF), io.ErrUnexpectedEOF)
	assert.NoError(t, noAnswer(c, nil))
	c.left.Store(true)
	assert.ErrorIs(t, noAnswer(c, errors.New("whatever")), errLeft)
}

// What comes in pieces is counted in pieces, whatever the reader's buffer.
func TestChunksAreHandedOnAsTheyArrive(t *testing.T) {
	from, to := io.Pipe()
	body := &chunkedBody{from: bufio.NewReader(from)}
	read := make(chan string)
	go func() {
		defer close(read)
		buf := make([]byte, 1000)
		for {
			n, err := body.Read(buf)
			if err != nil {
				read <- err.Error()
				return
			}
			read <- string(buf[:n])
		}
	}()
	for _, piece := range []struct{ sent, got string }{
		{"a;x=y\r\nhello", "hello"}, {"you", "you"}, {"!!\r\n3\r\n", "!!"}, {"abc\r\n", "abc"}, {"0\r\nTrailer: x\r\n\r\n", "EOF"},
	} {
		_, err := io.WriteString(to, piece.sent)
		require.NoError(t, err)
		require.Equal(t, piece.got, <-read)
	}
}

func TestBrokenChunksAreErrors(t *testing.T) {
	for _, text := range []string{"", "5\r\nhel", "zz\r\n", "-1\r\n", "2\r\nabc\r\n", "2\r\nab\r\n", "0\r\nTrailer"} {
		_, err := io.ReadAll(&chunkedBody{from: bufio.NewReader(strings.NewReader(text))})
		assert.Error(t, err, "%q", text)
	}
}
