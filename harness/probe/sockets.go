package probe

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/highwater-dev/highwater/harness"
)

// Sockets reads what lies in the kernel's TCP queues of one network namespace
// (/proc/PID/net/tcp and tcp6, proc(5)).
type Sockets struct {
	// Dir is the namespace's net folder, such as /proc/4711/net.
	Dir string
	// Mine says whether a connection is the program's, by its two ports; nil: all are.
	Mine func(local, remote int) bool
}

// Sample adds the bytes in the program's queues: what it has not yet read, and what
// it has written and the other end not yet acknowledged. The kernel walks its whole table of
// connections for it, whoever they belong to, which takes some 10 ms with 262,144 buckets,
// and many times that on a busy machine.
func (s *Sockets) Sample(values map[harness.Metric]float64) error {
	sum, unread := 0.0, 0.0
	for _, name := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(filepath.Join(s.Dir, name))
		if err != nil {
			if os.IsNotExist(err) && name == "tcp6" {
				continue // a kernel without IPv6
			}
			return fmt.Errorf("read socket queues: %w", err)
		}
		for line := range bytes.Lines(text) {
			sent, received := s.queued(line)
			sum, unread = sum+sent+received, unread+received
		}
	}
	values[harness.SocketQueues], values[harness.SocketUnread] = sum, unread
	return nil
}

// Columns of a line of /proc/net/tcp: "sl local_address rem_address st tx:rx ...".
const (
	columnLocal  = 1
	columnRemote = 2
	columnState  = 3
	columnQueues = 4
)

// listening is the state in which rx_queue counts waiting connections, not bytes.
const listening = "0A"

// queued are the bytes of one connection that the other end has not acknowledged, and that
// the program has not read.
func (s *Sockets) queued(line []byte) (sent, received float64) {
	fields := bytes.Fields(line)
	if len(fields) <= columnQueues || string(fields[columnState]) == listening {
		return 0, 0
	}
	local, okLocal := portOf(fields[columnLocal])
	remote, okRemote := portOf(fields[columnRemote])
	send, receive, found := bytes.Cut(fields[columnQueues], []byte(":"))
	if !okLocal || !okRemote || !found || s.Mine != nil && !s.Mine(local, remote) {
		return 0, 0
	}
	tx, errTx := strconv.ParseUint(string(send), 16, 32)
	rx, errRx := strconv.ParseUint(string(receive), 16, 32)
	if errTx != nil || errRx != nil {
		return 0, 0
	}
	return float64(tx), float64(rx)
}

// portOf reads the port of "0100007F:1F90".
func portOf(address []byte) (int, bool) {
	_, port, found := bytes.Cut(address, []byte(":"))
	number, err := strconv.ParseUint(string(port), 16, 16)
	return int(number), found && err == nil
}
