package peer

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/yamux"
)

// relay carries connections between a program that has no way out of its network and
// what highwater can reach: a database on this machine, say. It needs nothing but the
// control port, on which highwater opens a line for it, so that neither a firewall nor
// a remote engine stands in the way.
//
//	program ──► peer's relay port ──(a stream of the line)──► highwater ──► database
//	highwater ──(GET /dial)──► peer ──► a service on the run's network
//
// Streams have windows of their own, which TCP alone would not do: whatever forwards
// the control port (docker's proxy) takes megabytes into its buffers, and a server would
// not notice for long that the program does not read.
type relay struct {
	listener net.Listener // nil: no program comes
	lines    chan *yamux.Session
}

const (
	// lineWait bounds how long a program's connection waits for highwater's line.
	lineWait = 5 * time.Second
	// dialWait bounds a connection to a service.
	dialWait = 2 * time.Second
	// carryBuffer is what the relay takes of the kernel for each direction, in bytes.
	carryBuffer = 64 * 1024
	// goAhead begins what is carried.
	goAhead = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
)

func openRelay(address string) (*relay, error) {
	r := &relay{lines: make(chan *yamux.Session, 1)}
	if address == "" {
		return r, nil
	}
	listener, err := listen(address, carryBuffer)
	if err != nil {
		return nil, fmt.Errorf("open relay: %w", err)
	}
	r.listener = listener
	return r, nil
}

func (r *relay) close() {
	if r.listener != nil {
		_ = r.listener.Close()
	}
}

// serve carries what the program opens until ctx is done.
func (r *relay) serve(ctx context.Context) {
	if r.listener == nil {
		return
	}
	var all sync.WaitGroup
	defer all.Wait()
	stop := context.AfterFunc(ctx, r.close)
	defer stop()
	for {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		all.Go(func() { r.carryOut(ctx, conn) })
	}
}

// carryOut gives a program's connection a stream of the line.
func (r *relay) carryOut(ctx context.Context, program net.Conn) {
	defer program.Close()
	select {
	case line := <-r.lines:
		r.lines <- line // for the next
		if stream, err := line.OpenStream(); err == nil {
			carry(ctx, program, stream)
		}
	case <-time.After(lineWait):
	case <-ctx.Done():
	}
}

// serveLine makes a request's connection the line. There is one, for the life of a run.
func (r *relay) serveLine(ctx context.Context) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, err := goOn(w)
		if err != nil {
			return // highwater has gone
		}
		line, err := yamux.Client(conn, lineConfig())
		if err != nil {
			conn.Close()
			return
		}
		defer line.Close()
		select {
		case r.lines <- line:
		default:
			return
		}
		select {
		case <-ctx.Done():
		case <-line.CloseChan():
		}
	}
}

// lineConfig: what the line cannot carry is seen at its two ends.
func lineConfig() *yamux.Config {
	config := yamux.DefaultConfig()
	config.LogOutput = io.Discard
	return config
}

// serveDial opens a connection to an address that the peer can reach.
func (r *relay) serveDial(ctx context.Context) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		there, err := net.DialTimeout("tcp", request.URL.Query().Get("address"), dialWait)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer there.Close()
		if here, err := goOn(w); err == nil {
			carry(ctx, here, there)
		}
	}
}

// goOn takes a request's connection over and says so to who asked.
func goOn(w http.ResponseWriter) (net.Conn, error) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(conn, goAhead); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// carry moves bytes both ways until one side ends, and closes both.
func carry(ctx context.Context, a, b net.Conn) {
	end := func() { a.Close(); b.Close() }
	stop := context.AfterFunc(ctx, end)
	defer stop()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		both.Go(func() {
			defer end()
			// Through this buffer alone: splice would put a pipe of its own between.
			_, _ = io.CopyBuffer(onlyWriter{way[1]}, onlyReader{way[0]}, make([]byte, carryBuffer/4))
		})
	}
	both.Wait()
}

type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)
