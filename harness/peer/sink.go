package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/highwater-dev/highwater/harness"
)

// kind is a protocol of the sink.
type kind interface {
	// address is where the program connects; empty where the peer connects to the program.
	address() string
	// ready returns why the load cannot begin yet, or nil.
	ready(ctx context.Context) error
	// serve runs until ctx is done and all of its goroutines are gone.
	serve(ctx context.Context)
	// close closes what newKind opened.
	close()
}

// newKind opens the configured kind.
func newKind(config Config, s *sink) (kind, error) {
	switch config.Sink.Kind {
	case harness.SinkTCP:
		return newTCPSink(config, s)
	case harness.SinkHTTPClient:
		return newHTTPClientSink(config, s)
	case harness.SinkHTTP:
		return newHTTPSink(config, s)
	case harness.SinkTCPClient:
		return newTCPClientSink(config, s)
	}
	return nil, fmt.Errorf("open sink: kind %q: want one of %q", config.Sink.Kind, harness.SinkKinds)
}

// sink is what all kinds share: the connections open now, and the counters.
type sink struct {
	phases *phases
	rows   *rowMaker // nil without a source
	ledger *ledger
	notes  *notes

	operations func() int64 // finished; nil where only connections are counted

	mu    sync.Mutex
	conns map[*sinkConn]struct{}

	bytes                              atomic.Int64
	opened, finished, departed, failed atomic.Int64
	answered                           atomic.Int64 // something was received on them
	underWay                           atomic.Int64 // clients
	openTime, unreadTime, hungry       stopwatch
}

// nextNumber is that of a new connection, in the order in which they came.
func (s *sink) nextNumber() int64 { return s.opened.Add(1) - 1 }

// adopt takes an open connection into the books.
func (s *sink) adopt(conn net.Conn, number int64) (*sinkConn, error) {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("adopt sink connection: %T is no socket", conn)
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("adopt sink connection: %w", err)
	}
	c := &sinkConn{Conn: conn, raw: raw, sink: s, number: number}
	s.mu.Lock()
	s.conns[c] = struct{}{}
	s.mu.Unlock()
	s.openTime.start()
	return c, nil
}

func (s *sink) forget(c *sinkConn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.openTime.stop()
}

// wake lets every connection look at the phase again.
func (s *sink) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.wake()
	}
}

const (
	firstBuffer = 4 << 10   // bytes: what a connection that never reads costs
	fullBuffer  = 256 << 10 // bytes: what a fast one grows to
)

// take reads rows to the end. The buffer grows while reads fill it, so that thousands
// of stalled connections stay cheap and a few fast ones do few calls.
func (s *sink) take(from io.Reader) error {
	rows := &parser{rows: s.rows, ledger: s.ledger}
	buf := make([]byte, firstBuffer)
	for {
		n, err := from.Read(buf)
		s.bytes.Add(int64(n))
		_, _ = rows.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n == len(buf) && n < fullBuffer {
			buf = make([]byte, 2*n)
		}
	}
}

// settle counts how a connection, or a download, ended.
func (s *sink) settle(ctx context.Context, err error) {
	switch {
	case err == nil:
		s.finished.Add(1)
	case ctx.Err() != nil, errors.Is(err, errLeft):
		s.departed.Add(1)
	default:
		s.failed.Add(1)
		s.notes.add(fmt.Errorf("sink: %w", err))
	}
}

func (s *sink) stats(values map[harness.Metric]float64) {
	var queued, stalled, open, answered int
	s.mu.Lock()
	for c := range s.conns {
		open++
		size := unread(c.raw)
		queued += size
		if size > 0 && c.stopped.Load() {
			stalled++
		}
		if c.received() > 0 {
			answered++
		}
	}
	s.mu.Unlock()
	rows := s.ledger.sums()
	values[harness.SinkBytes] = float64(s.bytes.Load())
	values[harness.SinkRows] = float64(rows.distinct)
	values[harness.SinkDuplicates] = float64(rows.duplicates)
	values[harness.SinkReordered] = float64(rows.reordered)
	values[harness.SinkHoles] = float64(rows.holes)
	values[harness.SinkConnections] = float64(open)
	values[harness.SinkConnectionsTotal] = float64(s.opened.Load())
	values[harness.SinkAnswered] = float64(answered)
	values[harness.SinkAnsweredTotal] = float64(s.answered.Load())
	values[harness.SinkStalled] = float64(stalled)
	values[harness.SinkFinished] = float64(s.finished.Load())
	values[harness.SinkDeparted] = float64(s.departed.Load())
	values[harness.SinkFailed] = float64(s.failed.Load())
	values[harness.SinkUnread] = float64(queued)
	values[harness.SinkConnectionSeconds] = s.openTime.seconds()
	values[harness.SinkUnreadSeconds] = s.unreadTime.seconds()
	if s.operations != nil {
		values[harness.OpsTotal] = float64(s.operations())
	}
	values[harness.SinkClients] = float64(s.underWay.Load())
	values[harness.SinkHungrySeconds] = s.hungry.seconds()
}
