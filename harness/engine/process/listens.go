package process

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Doubt says why an address may not be the process's, or nothing. Where it cannot be
// known, nothing is said.
func (r *Running) Doubt(host string, port int) string {
	if address := net.ParseIP(host); host != "localhost" && (address == nil || !isOwn(address)) {
		return fmt.Sprintf("%s is not an address of this machine, and process %d runs on it: what answers there may be another program, and memory is the process's", host, r.pid)
	}
	listening := listeners(filepath.Join("/proc", strconv.Itoa(r.pid), "net"), port)
	g := newGroup(r.pid, "")
	for _, member := range g.living() {
		known, owns := ownsSocket(int(member.Pid), listening)
		if owns || !known {
			return ""
		}
	}
	return fmt.Sprintf("neither process %d (%s) nor a descendant of it listens on port %d: what answers there is another program, and memory is the process's", r.pid, r.Name(), port)
}

// isOwn says whether an address is one of this machine's.
func isOwn(address net.IP) bool {
	own, err := net.InterfaceAddrs()
	if err != nil || address.IsLoopback() {
		return true
	}
	for _, one := range own {
		if network, ok := one.(*net.IPNet); ok && network.IP.Equal(address) {
			return true
		}
	}
	return false
}

// listeners are the sockets that listen on a port, by what their links in /proc/PID/fd
// read (proc(5)).
func listeners(dir string, port int) map[string]bool {
	found := map[string]bool{}
	for _, name := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			// sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode
			fields := strings.Fields(line)
			if len(fields) > 9 && fields[3] == "0A" && strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) {
				found["socket:["+fields[9]+"]"] = true
			}
		}
	}
	return found
}

// ownsSocket says whether a process has one of these sockets open; not known where its
// descriptors may not be read.
func ownsSocket(pid int, sockets map[string]bool) (known, owns bool) {
	dir := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, false
	}
	for _, entry := range entries {
		if target, err := os.Readlink(filepath.Join(dir, entry.Name())); err == nil && sockets[target] {
			return true, true
		}
	}
	return true, false
}
