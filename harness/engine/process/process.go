// Package process runs programs as local processes: the default where no container
// engine answers.
//
// The memory limit is held by a watcher that reads each process's anonymous memory
// every 5 ms, every 2 ms above four fifths of the limit, and kills at the limit: no
// privilege is needed, and the overshoot stays within a few percent at hundreds of
// MiB/s. What it cannot do is said here: no network isolation, no CPU limit (Go
// programs are given GOMAXPROCS), no other user, and loopback's socket buffers of some
// 4 MiB a connection.
//
// A run ends with all that came of its processes, also with who left their process
// group and parent: every process carries HIGHWATER_RUN, which highwater looks for (on
// Linux). Who leaves all three, with an environment made anew, is ended if it was seen
// among the descendants before.
package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/host"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/probe"
)

// Engine runs local processes. The zero value is ready.
type Engine struct{}

var _ engine.Engine = Engine{}

// Name is "process".
func (Engine) Name() string { return "process" }

// Facts describes this machine.
func (Engine) Facts(ctx context.Context) map[string]string {
	facts := map[string]string{"engine": "process", "os": runtime.GOOS, "arch": runtime.GOARCH, "cpus": strconv.Itoa(runtime.NumCPU())}
	if info, err := host.InfoWithContext(ctx); err == nil {
		facts["kernel"] = info.KernelVersion
		facts["platform"] = info.Platform + " " + info.PlatformVersion
	}
	return facts
}

// AvailableMemory is what this machine, and highwater's own control group, could give
// without swapping.
func (Engine) AvailableMemory(ctx context.Context) (harness.Bytes, error) {
	return probe.AvailableMemory(ctx)
}

// Platform is this machine's.
func (Engine) Platform() (goos, goarch string) { return runtime.GOOS, runtime.GOARCH }

// HasImage is never true: nothing here runs an image.
func (Engine) HasImage(context.Context, string) bool { return false }

// Stage finds free ports on loopback for one run, and refuses fixed ones that are taken.
func (Engine) Stage(_ context.Context, run string, ports engine.Ports) (engine.Stage, error) {
	s := &stage{run: run}
	debug := "debug-port"
	if ports.Inspect != 0 {
		debug = "inspect-port"
	}
	for _, port := range []struct {
		key     string
		number  int
		address *string
	}{{"listen", ports.Listen, &s.listen}, {debug, cmp.Or(ports.Debug, ports.Inspect), &s.debug}} {
		var release func()
		var err error
		if *port.address, release, err = address(port.key, port.number); err != nil {
			s.release()
			return nil, err
		}
		s.held = append(s.held, release)
	}
	return s, nil
}

// address is the port that the scenario fixes, or one that nobody uses now and that is
// held until it is released, right before the program starts: the peer's own ports are
// any that are free, and must not be this one. Another process may still take it in
// between; the program then says so, and the run is never ready.
func address(key string, port int) (address string, release func(), err error) {
	if port != 0 {
		address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		return address, func() {}, free(key, address)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), func() { listener.Close() }, nil
}

// free refuses an address at which somebody answers already: the peer would take a
// stranger for the program, and measure it. Asking is surer than listening, which some
// systems allow beside a listener on all addresses.
func free(key, address string) error {
	connection, err := net.DialTimeout("tcp", address, askTimeout)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reserve %s %s: %w", key, address, err)
	}
	connection.Close()
	return fmt.Errorf("reserve %s %s: another program of this machine listens there; end it, or want another %s in the scenario", key, address, key)
}

// askTimeout is far more than loopback takes to refuse.
const askTimeout = 5 * time.Second

// StateDir is where a line is kept of every started process, for Clean.
func StateDir() string {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "highwater")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "state", "highwater")
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("highwater-%d", os.Getuid()))
}

// The watcher's pace, and the share of the limit from which it looks more often.
const (
	watchEvery     = 5 * time.Millisecond
	watchNearEvery = 2 * time.Millisecond
	watchNear      = 0.8
)
