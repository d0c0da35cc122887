package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

// afterFailure is the pause before a client that failed begins again.
const afterFailure = 50 * time.Millisecond

// clients begin connections to the program: some with the load, further ones at the rate
// of the phase, and, where they repeat, each again when it has ended.
type clients struct {
	*sink
	dialer  net.Dialer
	program string // host:port
	count   int
	repeat  bool
	one     func(context.Context) error // a client's connection, to its end
}

func newClients(config Config, s *sink) *clients {
	c := &clients{sink: s, program: config.Download, count: config.Sink.Clients, repeat: config.Sink.Repeat}
	c.dialer.Control = setReceiveBuffer(int(config.Sink.ReceiveBuffer))
	c.dialer.SetMultipathTCP(false)
	return c
}

// serve lets clients come until ctx is done, and waits for those that are under way.
func (c *clients) serve(ctx context.Context) {
	select {
	case <-c.phases.start:
	case <-ctx.Done():
		return
	}
	var all sync.WaitGroup
	begin := func() {
		c.underWay.Add(1)
		all.Go(func() {
			defer c.underWay.Add(-1)
			c.life(ctx)
		})
	}
	for range c.count {
		begin()
	}
	c.arrivals(ctx, begin)
	all.Wait()
}

// arrivals begins clients evenly, by a schedule that each phase begins anew.
func (c *clients) arrivals(ctx context.Context, begin func()) {
	for ctx.Err() == nil {
		now := c.phases.current()
		if now.Arrivals <= 0 {
			<-now.over.Done()
			continue
		}
		began, every := time.Now(), float64(time.Second)/now.Arrivals
		for n := 1; wait(now, time.Until(began.Add(time.Duration(float64(n)*every)))) == nil; n++ {
			begin()
		}
	}
}

// life is a client's one connection, or one after the other in phases with an end of
// their own: in one that waits for the drain, or has all leave, nobody comes back.
func (c *clients) life(ctx context.Context) {
	for {
		err := c.one(ctx)
		c.settle(ctx, err)
		if !c.comesBack(ctx) {
			return
		}
		if err != nil && !errors.Is(err, errLeft) {
			_ = wait(c.phases.current(), afterFailure) // the next phase may have nobody come back
			if !c.comesBack(ctx) {
				return
			}
		}
	}
}

func (c *clients) comesBack(ctx context.Context) bool {
	now := c.phases.current()
	return c.repeat && ctx.Err() == nil && now.Until != harness.UntilDrained && !now.Leave
}

// listens connects to see whether the program listens; nobody counts the connection.
func (c *clients) listens(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := c.dialer.DialContext(ctx, "tcp", c.program)
	if err != nil {
		return nil, fmt.Errorf("the program does not listen: %w", err)
	}
	return conn, nil
}

// dial connects a client to an address, and takes the connection into the books.
func (c *clients) dial(ctx context.Context, address string) (*sinkConn, error) {
	conn, err := c.dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	adopted, err := c.adopt(conn, c.nextNumber())
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return adopted, nil
}

func (c *clients) address() string { return "" }
