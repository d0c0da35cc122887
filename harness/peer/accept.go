package peer

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// acceptPause follows an accept that failed: out of descriptors, most likely, and the
// next one may fare better.
const acceptPause = 50 * time.Millisecond

// acceptAll serves each connection in a goroutine of its own, until ctx is done and
// all have returned. Next is called in the order of acceptance; what it returns must
// close the connection.
func acceptAll(ctx context.Context, listener net.Listener, notes *notes, next func() func(net.Conn)) {
	defer closeWith(ctx, listener)()
	var all sync.WaitGroup
	defer all.Wait()
	for ctx.Err() == nil {
		conn, err := listener.Accept()
		switch {
		case err == nil:
			serve := next()
			all.Go(func() { serve(conn) })
		case ctx.Err() == nil:
			notes.add(err)
			select {
			case <-time.After(acceptPause):
			case <-ctx.Done():
			}
		}
	}
}

// closeWith closes c when ctx is done, or when the returned function is called.
func closeWith(ctx context.Context, c io.Closer) (closeNow func()) {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() }) // nobody is left to hear of it
	return func() {
		stop()
		_ = c.Close() // reads and writes have told what went wrong
	}
}
