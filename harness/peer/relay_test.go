package peer

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

// serve answers each connection with handle until the test ends.
func serve(t *testing.T, handle func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// freeAddress is one at which nobody listens now.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

func dialer(address string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", address)
	}
}

func TestRelayCarriesWhatTheProgramOpens(t *testing.T) {
	echo := serve(t, func(conn net.Conn) { _, _ = io.Copy(conn, conn) })
	config := Config{Sink: harness.Sink{Kind: harness.SinkTCP}, RelayListen: freeAddress(t)}
	r := start(t, config)
	ctx, cancel := context.WithCancel(t.Context())
	wait, err := r.Forward(ctx, dialer(echo))
	require.NoError(t, err)
	for range 3 {
		program, err := net.Dial("tcp", config.RelayListen)
		require.NoError(t, err)
		want := bytes.Repeat([]byte("rows "), 100_000)
		go func() { _, _ = program.Write(want) }()
		got := make([]byte, len(want))
		_, err = io.ReadFull(program, got)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		program.Close()
	}
	cancel()
	wait()
}

// A database notices that the program does not read: little lies on the way.
func TestRelayHidesLittle(t *testing.T) {
	written := make(chan int64, 1)
	server := serve(t, func(conn net.Conn) {
		_ = conn.(*net.TCPConn).SetWriteBuffer(carryBuffer)
		_ = conn.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
		n, _ := io.Copy(conn, io.LimitReader(zeros{}, 64<<20))
		written <- n
	})
	config := Config{Sink: harness.Sink{Kind: harness.SinkTCP}, RelayListen: freeAddress(t)}
	r := start(t, config)
	ctx, cancel := context.WithCancel(t.Context())
	wait, err := r.Forward(ctx, dialer(server))
	require.NoError(t, err)
	program, err := net.Dial("tcp", config.RelayListen)
	require.NoError(t, err)
	defer program.Close()
	assert.Less(t, <-written, int64(8<<20))
	cancel()
	wait()
}

type zeros struct{}

func (zeros) Read(into []byte) (int, error) { return len(into), nil }

func TestRelayHangsUpWhereNothingAnswers(t *testing.T) {
	config := Config{Sink: harness.Sink{Kind: harness.SinkTCP}, RelayListen: freeAddress(t)}
	r := start(t, config)
	ctx, cancel := context.WithCancel(t.Context())
	wait, err := r.Forward(ctx, dialer(freeAddress(t)))
	require.NoError(t, err)
	program, err := net.Dial("tcp", config.RelayListen)
	require.NoError(t, err)
	defer program.Close()
	_, err = program.Read(make([]byte, 1))
	assert.Error(t, err)
	cancel()
	wait()
}

func TestDialReachesWhatThePeerReaches(t *testing.T) {
	greeter := serve(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "hello") })
	r := start(t, Config{Sink: harness.Sink{Kind: harness.SinkTCP}})
	conn, err := r.Dial(t.Context(), greeter)
	require.NoError(t, err)
	defer conn.Close()
	text, err := io.ReadAll(conn)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(text))
	_, err = r.Dial(t.Context(), freeAddress(t))
	assert.ErrorContains(t, err, "connection refused")
}
