package peer

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// sinkConn is one connection of the sink, whatever its kind: a net.Conn whose Read
// does as the current phase says. Reads must come from one goroutine at a time.
//
// Two things wake it when the phase changes: the phase's own over, where it waits for
// a timer, and the read deadline, where it waits for bytes. The deadline is set under
// mu after a look at the phase, so that no change falls between the two.
type sinkConn struct {
	net.Conn // not *net.TCPConn: its WriteTo would read past the phases
	raw      syscall.RawConn
	sink     *sink
	number   int64 // in the order of acceptance

	phase    *phase
	chain    []behaviour
	bytes    atomic.Int64
	stopped  atomic.Bool // paused until the phase is over
	left     atomic.Bool // by the peer
	halved   bool        // the sending side is closed
	mu       sync.Mutex
	deadline bool // a read deadline is set
	close    sync.Once
}

// longAgo as a deadline ends a read at once.
var longAgo = time.Unix(1, 0)

func (c *sinkConn) received() int64 { return c.bytes.Load() }

// Read reads as the phase allows; it blocks while the phase allows nothing.
func (c *sinkConn) Read(p []byte) (int, error) {
	for {
		c.follow()
		allowed, err := c.ask(len(p))
		if err == nil {
			err = c.arm()
		}
		var n int
		if err == nil {
			n, err = rawRead(c.raw, p[:allowed], &c.sink.hungry)
		}
		switch {
		case c.sink.phases.run.Err() != nil:
			return 0, net.ErrClosed
		case errors.Is(err, errPhaseOver), errors.Is(err, os.ErrDeadlineExceeded):
			continue
		case err != nil:
			return 0, err
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		}
		if c.bytes.Add(int64(n)) == int64(n) && n > 0 {
			c.sink.answered.Add(1)
		}
		return n, nil
	}
}

// follow takes up the current phase.
func (c *sinkConn) follow() {
	if now := c.sink.phases.current(); now != c.phase {
		c.phase = now
		c.chain = behaviours(now, c.number, c.received())
	}
}

// ask has the chain wait and narrow what may be read.
func (c *sinkConn) ask(limit int) (allowed int, err error) {
	allowed = limit
	for _, b := range c.chain {
		if allowed, err = b.before(c, allowed); err != nil {
			return 0, err
		}
	}
	return allowed, nil
}

// arm readies the socket for a read without a deadline.
func (c *sinkConn) arm() error { return c.setDeadline(time.Time{}) }

func (c *sinkConn) setDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase.isOver() {
		return errPhaseOver
	}
	if t.IsZero() && !c.deadline {
		return nil
	}
	c.deadline = !t.IsZero()
	return c.SetReadDeadline(t)
}

// wake ends a wait for bytes; the phase is over.
func (c *sinkConn) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = true
	_ = c.SetReadDeadline(longAgo) // fails on a closed socket only, where nobody waits
}

// pause implements pausable. It has the sink's stopwatch for unread bytes run from
// the moment at which there are some.
func (c *sinkConn) pause(d time.Duration) error {
	until := time.Now().Add(d)
	if d == forever {
		until = time.Time{}
		c.stopped.Store(true)
		defer c.stopped.Store(false)
	}
	if unread(c.raw) == 0 {
		err := c.awaitBytes(until)
		if errors.Is(err, os.ErrDeadlineExceeded) && !c.phase.isOver() {
			return nil // the pause went by and nothing came
		}
		if err != nil {
			return err
		}
	}
	c.sink.unreadTime.start()
	defer c.sink.unreadTime.stop()
	return c.sleep(until)
}

// sleep waits until a moment, or with the zero moment until the phase is over.
func (c *sinkConn) sleep(until time.Time) error {
	if until.IsZero() {
		<-c.phase.over.Done()
		return errPhaseOver
	}
	return wait(c.phase, time.Until(until))
}

// wait is a sleep that the end of the phase cuts short.
func wait(p *phase, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.over.Done():
		return errPhaseOver
	}
}

// awaitBytes waits until something lies in the receive queue, and reads nothing.
func (c *sinkConn) awaitBytes(until time.Time) error {
	if err := c.setDeadline(until); err != nil {
		return err
	}
	return c.raw.Read(func(fd uintptr) bool { return unreadOf(fd) > 0 })
}

// leave implements pausable.
func (c *sinkConn) leave(reset bool) error {
	c.left.Store(true)
	if tcp, ok := c.Conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0) // fails on a closed socket only
	}
	_ = c.Close() // what it may say now is of no interest
	return errLeft
}

// halfClose implements pausable.
func (c *sinkConn) halfClose() error {
	tcp, ok := c.Conn.(*net.TCPConn)
	if !ok || c.halved {
		return nil
	}
	c.halved = true
	return tcp.CloseWrite()
}

// Close closes the connection and takes it off the sink's books.
func (c *sinkConn) Close() error {
	c.close.Do(func() { c.sink.forget(c) })
	return c.Conn.Close()
}
