package peer

import (
	"context"
	"errors"
	"net"
)

// tcpSink listens; the program connects and writes rows.
type tcpSink struct {
	*sink
	listener net.Listener
}

func newTCPSink(config Config, s *sink) (kind, error) {
	listener, err := listen(config.SinkListen, int(config.Sink.ReceiveBuffer))
	if err != nil {
		return nil, err
	}
	return &tcpSink{sink: s, listener: listener}, nil
}

func (t *tcpSink) address() string { return t.listener.Addr().String() }

func (t *tcpSink) close() { _ = t.listener.Close() } // a second time, mostly

func (t *tcpSink) ready(context.Context) error {
	if t.opened.Load() == 0 {
		return errors.New("the program has not connected to the sink")
	}
	return nil
}

func (t *tcpSink) serve(ctx context.Context) {
	acceptAll(ctx, t.listener, t.notes, func() func(net.Conn) {
		return func(conn net.Conn) { t.settle(ctx, t.connection(ctx, conn)) }
	})
}

func (t *tcpSink) connection(ctx context.Context, conn net.Conn) error {
	c, err := t.adopt(conn)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	defer closeWith(ctx, c)()
	return t.take(c)
}
