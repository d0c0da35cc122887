package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"

	"github.com/highwater-dev/highwater/harness"
)

// sendBuffer is the source's own in the kernel, in bytes: what lies there was taken by
// nobody, and the default of up to 4 MiB would hide pressure for too long.
const sendBuffer = 64 << 10

// source offers rows to every connection of the program.
type source struct {
	config   harness.Source
	rows     *rowMaker
	phases   *phases
	notes    *notes
	listener net.Listener

	accepted, open, ended, aborted atomic.Int64
	bytes, count                   atomic.Int64
	offering, blocked              stopwatch
}

func newSource(config Config, phases *phases, notes *notes) (*source, error) {
	offered := *config.Source
	if offered.Rows <= 0 || offered.Row.Min < harness.MinRow || offered.Row.Max < offered.Row.Min || offered.Row.Max > harness.MaxRow {
		return nil, fmt.Errorf("open source: %d rows of %s: want at least one, and sizes from %s to %s, the smaller first",
			offered.Rows, offered.Row, harness.MinRow, harness.MaxRow)
	}
	listener, err := listen(config.SourceListen, 0)
	if err != nil {
		return nil, fmt.Errorf("open source: %w", err)
	}
	return &source{config: offered, rows: newRowMaker(offered), phases: phases, notes: notes, listener: listener}, nil
}

func (s *source) address() string { return s.listener.Addr().String() }

func (s *source) ready() error {
	if s.accepted.Load() == 0 {
		return errors.New("the program has not connected to the source")
	}
	return nil
}

func (s *source) serve(ctx context.Context) {
	// The number is given before the goroutine starts: by order of acceptance.
	acceptAll(ctx, s.listener, s.notes, func() func(net.Conn) {
		stream := s.accepted.Add(1) - 1
		return func(conn net.Conn) { s.connection(ctx, conn, stream) }
	})
}

// connection serves one stream to its end and then waits for the program to leave.
func (s *source) connection(ctx context.Context, conn net.Conn, stream int64) {
	s.open.Add(1)
	defer s.open.Add(-1)
	defer closeWith(ctx, conn)()
	select {
	case <-s.phases.flow:
	case <-ctx.Done():
		return
	}
	if err := s.offer(conn, stream); err != nil {
		if ctx.Err() == nil {
			s.aborted.Add(1)
			s.notes.add(fmt.Errorf("source stream %d: %w", stream, err))
		}
		return
	}
	s.ended.Add(1)
	_, _ = io.Copy(io.Discard, conn) // however the program leaves now, it had everything
}

// offer writes all rows and the end of the stream.
func (s *source) offer(conn net.Conn, stream int64) error {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return fmt.Errorf("serve source: %T is not a TCP connection", conn)
	}
	if err := tcp.SetWriteBuffer(sendBuffer); err != nil {
		return fmt.Errorf("set send buffer: %w", err)
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return fmt.Errorf("serve source: %w", err)
	}
	if err := s.writeRows(raw, stream); err != nil {
		return err
	}
	return tcp.CloseWrite()
}

func (s *source) writeRows(raw syscall.RawConn, stream int64) error {
	s.offering.start()
	defer s.offering.stop()
	var batch []byte
	var pace *pacer
	moved := int64(0) // bytes
	for seq := int64(0); seq < s.config.Rows; {
		current := s.phases.current()
		pace = s.follow(pace, current, moved)
		size := maxChunk
		if pace != nil {
			size = pace.chunk
			if delay := pace.charge(moved); delay > 0 && wait(current, delay) != nil {
				if s.phases.run.Err() != nil {
					return net.ErrClosed
				}
				continue // at the rate of the new phase
			}
		}
		batch, seq = s.fill(batch[:0], stream, seq, size)
		if err := rawWrite(raw, batch, &s.blocked, s.take); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		moved += int64(len(batch))
	}
	return nil
}

// fill makes rows of about size bytes, one at least.
func (s *source) fill(batch []byte, stream, seq int64, size int) ([]byte, int64) {
	for len(batch) == 0 || (len(batch)+int(s.config.Row.Max) <= size && seq < s.config.Rows) {
		batch = s.rows.append(batch, stream, seq)
		seq++
	}
	return batch, seq
}

// follow returns the pacer for a phase, nil for unlimited. The same rate keeps its
// pacer: a change of phase is no reason for a new burst.
func (s *source) follow(pace *pacer, p *phase, moved int64) *pacer {
	rate := s.config.Rate
	if p.SourceRate != nil {
		rate = *p.SourceRate
	}
	switch {
	case rate == 0:
		return nil
	case pace != nil && pace.rate == rate:
		return pace
	}
	return newPacer(rate, moved, int(s.config.Row.Max))
}

// take counts what the kernel took; payloads hold no newline, so each ends a row.
func (s *source) take(piece []byte) {
	s.bytes.Add(int64(len(piece)))
	s.count.Add(int64(bytes.Count(piece, []byte{'\n'})))
}

func (s *source) stats(values map[harness.Metric]float64) {
	values[harness.SourceBytes] = float64(s.bytes.Load())
	values[harness.SourceRows] = float64(s.count.Load())
	values[harness.SourceConnections] = float64(s.open.Load())
	values[harness.SourceConnectionsTotal] = float64(s.accepted.Load())
	values[harness.SourceEnded] = float64(s.ended.Load())
	values[harness.SourceAborted] = float64(s.aborted.Load())
	values[harness.SourceConnectionSeconds] = s.offering.seconds()
	values[harness.SourceBlockedSeconds] = s.blocked.seconds()
}
