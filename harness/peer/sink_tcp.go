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
	each     func(context.Context, *sinkConn) error // a connection, to its end
}

func newTCPSink(config Config, s *sink) (kind, error) {
	t, err := openTCPSink(config, s)
	if err != nil {
		return nil, err
	}
	return t, nil
}

func openTCPSink(config Config, s *sink) (*tcpSink, error) {
	listener, err := listen(config.SinkListen, int(config.Sink.ReceiveBuffer))
	if err != nil {
		return nil, err
	}
	each := func(_ context.Context, c *sinkConn) error { return s.take(c) }
	return &tcpSink{sink: s, listener: listener, each: each}, nil
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
	acceptAll(ctx, slowListener{t.listener, t.sink}, t.notes, func() func(net.Conn) {
		number := t.nextNumber()
		return func(conn net.Conn) { t.settle(ctx, t.connection(ctx, conn, number)) }
	})
}

func (t *tcpSink) connection(ctx context.Context, conn net.Conn, number int64) error {
	c, err := t.adopt(conn, number)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	defer closeWith(ctx, c)()
	return t.each(ctx, c)
}
