package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// listen opens a TCP listener; connections it accepts have a receive buffer of so many
// bytes, or what the kernel thinks best with 0. Multipath TCP, the default of package
// net, is off: what its sockets say about their queues is another matter.
func listen(address string, receiveBuffer int) (net.Listener, error) {
	config := net.ListenConfig{Control: setReceiveBuffer(receiveBuffer)}
	config.SetMultipathTCP(false)
	listener, err := config.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return listener, nil
}

// setReceiveBuffer sets SO_RCVBUF before a socket is bound or connected: the window is
// negotiated then. The kernel doubles the value for its own bookkeeping.
func setReceiveBuffer(size int) func(network, address string, raw syscall.RawConn) error {
	if size == 0 {
		return nil
	}
	return func(_, _ string, raw syscall.RawConn) error {
		var err error
		if failed := raw.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, size)
		}); failed != nil {
			return failed
		}
		if err != nil {
			return fmt.Errorf("set receive buffer of %d bytes: %w", size, err)
		}
		return nil
	}
}

// unread is the number of bytes in the receive queue; none once the socket is closed.
func unread(raw syscall.RawConn) int {
	var size int
	_ = raw.Control(func(fd uintptr) { size = unreadOf(fd) }) // the only error is a closed socket
	return size
}

func unreadOf(fd uintptr) int {
	size, err := unix.IoctlGetInt(int(fd), unreadRequest)
	if err != nil {
		return 0 // not a connected socket: nothing is queued
	}
	return size
}

// rawRead reads once, and has blocked run while there is nothing to read. It returns 0
// at the end of the stream.
func rawRead(raw syscall.RawConn, p []byte, blocked *stopwatch) (n int, err error) {
	err = whenReady(raw.Read, blocked, func(fd int) (err error) {
		n, err = unix.Read(fd, p)
		return err
	})
	return max(n, 0), err
}

// rawWrite writes all of p, has blocked run while the kernel takes nothing, and calls
// accepted with each piece it took.
func rawWrite(raw syscall.RawConn, p []byte, blocked *stopwatch, accepted func([]byte)) error {
	return whenReady(raw.Write, blocked, func(fd int) error {
		for len(p) > 0 {
			n, err := unix.Write(fd, p)
			if err != nil {
				return err
			}
			accepted(p[:n])
			p = p[n:]
		}
		return nil
	})
}

// whenReady calls attempt until it does without the kernel's "try again", and has
// blocked run between these calls. The caller chooses what to wait for: wait is the
// Read or the Write of a syscall.RawConn.
func whenReady(wait func(func(fd uintptr) (done bool)) error, blocked *stopwatch, attempt func(fd int) error) error {
	var err error
	waiting := false
	resume := func() {
		if waiting {
			blocked.stop()
		}
		waiting = false
	}
	defer resume() // wait fails when the socket is closed or its deadline passes
	failed := wait(func(fd uintptr) bool {
		resume()
		for err = unix.EINTR; errors.Is(err, unix.EINTR); {
			err = attempt(int(fd))
		}
		if waiting = errors.Is(err, unix.EAGAIN); waiting {
			blocked.start()
		}
		return !waiting
	})
	if failed != nil {
		return failed
	}
	return err
}
