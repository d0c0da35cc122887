package peer

import (
	"net"
	"time"
)

// slowListener lets each connection wait for as long as its behaviour says, before anybody
// reads from it, and those behind it wait in the kernel's queue. To the program a
// connection that was not accepted yet looks no different: the kernel has taken it.
type slowListener struct {
	net.Listener
	sink *sink
}

// Accept implements net.Listener.
func (l slowListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	now := l.sink.phases.current()
	_ = wait(now, time.Duration(now.of(l.sink.opened.Load()).SlowAccept)) // the next phase may be faster
	return conn, nil
}
