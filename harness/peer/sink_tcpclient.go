package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/highwater-dev/highwater/harness"
)

// tcpClientSink connects to the program, says its opening text, and reads to the end.
type tcpClientSink struct {
	*clients
	opening string

	mu sync.Mutex
	// early is the connection that showed that the program listens. It becomes the
	// first client's: a program may begin its work with the connection alone.
	early net.Conn
}

func newTCPClientSink(config Config, s *sink) (kind, error) {
	if config.Download == "" {
		return nil, fmt.Errorf("open sink: kind %q needs the program's host:port to connect to", harness.SinkTCPClient)
	}
	t := &tcpClientSink{clients: newClients(config, s), opening: config.Sink.Opening}
	t.one = t.session
	return t, nil
}

func (t *tcpClientSink) close() {
	if early := t.takeEarly(); early != nil {
		_ = early.Close()
	}
}

func (t *tcpClientSink) takeEarly() net.Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	early := t.early
	t.early = nil
	return early
}

func (t *tcpClientSink) ready(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.early != nil {
		return nil
	}
	conn, err := t.listens(ctx)
	if err != nil {
		return err
	}
	t.early = conn
	return nil
}

func (t *tcpClientSink) session(ctx context.Context) error {
	c, err := t.connect(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer closeWith(ctx, c)()
	if _, err := io.WriteString(c, t.opening); err != nil {
		return fmt.Errorf("send opening text: %w", err)
	}
	return t.take(c)
}

func (t *tcpClientSink) connect(ctx context.Context) (*sinkConn, error) {
	early := t.takeEarly()
	if early == nil {
		return t.dial(ctx, t.program)
	}
	c, err := t.adopt(early, t.nextNumber())
	if err != nil {
		return nil, errors.Join(err, early.Close())
	}
	return c, nil
}
