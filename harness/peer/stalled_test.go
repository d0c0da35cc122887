package peer

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	needs "github.com/highwater-dev/highwater/harness/internal/require"
)

// asPeer makes the test binary a peer: what it holds must not be mixed with what the
// test itself does.
const asPeer = "HIGHWATER_TEST_AS_PEER"

func TestMain(m *testing.M) {
	if os.Getenv(asPeer) == "" {
		os.Exit(m.Run())
	}
	config := Config{
		Sink:          harness.Sink{Kind: harness.SinkTCP, ReceiveBuffer: 4 << 10},
		ControlListen: "127.0.0.1:0", SinkListen: "127.0.0.1:0",
	}
	if err := Run(context.Background(), config, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Ten thousand connections that stopped reading, each with unread bytes, and what the
// peer holds for each: its memory, and what the kernel has for both ends of the loopback.
func TestTenThousandStalledConnections(t *testing.T) {
	const stalled = 10_000
	allowDescriptors(t, stalled+1000)
	needs.Need(t, "procfs", func(context.Context) error {
		_, err := os.Stat("/proc/self/status")
		return err
	})
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), asPeer+"=1")
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() { _, _ = command.Process.Kill(), command.Wait() })
	line, err := bufio.NewReader(output).ReadBytes('\n')
	require.NoError(t, err)
	r := &running{TB: t}
	require.NoError(t, json.Unmarshal(line, &r.Addresses))
	r.Base = "http://" + r.Control
	r.begin(harness.Phase{Behaviour: harness.Behaviour{StopReading: true}})

	idle, kernelIdle := residentKiB(t, command.Process.Pid), socketPages(t)
	stuff := make([]byte, 16<<10)
	for range stalled {
		conn := dial(t, r.Sink)
		require.NoError(t, conn.SetWriteBuffer(16<<10))
		fill(t, conn, stuff)
	}
	values := r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkStalled] == stalled })
	assert.Zero(t, values[harness.SinkBytes])
	each := float64(residentKiB(t, command.Process.Pid)-idle) / stalled
	kernel := float64(socketPages(t)-kernelIdle) * float64(os.Getpagesize()) / 1024 / stalled
	t.Logf("each of %d stalled connections: %.1f KiB in the peer, %.1f KiB in the kernel, %.0f bytes unread",
		stalled, each, kernel, values[harness.SinkUnread]/stalled)
	assert.Less(t, each, 45.0, "KiB: what engine.PeerMemory leaves for each; the race detector takes most of it")
}

// fill writes until the kernel takes no more.
func fill(t *testing.T, conn *net.TCPConn, stuff []byte) {
	raw, err := conn.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Write(func(fd uintptr) bool {
		for {
			if _, err := syscall.Write(int(fd), stuff); err != nil {
				return true
			}
		}
	}))
}

// allowDescriptors needs a system that allows so many.
func allowDescriptors(t *testing.T, count uint64) {
	needs.Need(t, "descriptors", func(context.Context) error {
		var limit syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || uint64(limit.Max) >= count {
			return err
		}
		return fmt.Errorf("%d are allowed, and %d needed", limit.Max, count)
	})
}

func residentKiB(t *testing.T, pid int) (size int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	_, err = fmt.Sscan(rest, &size)
	require.NoError(t, err)
	return size
}

// socketPages is what TCP holds in the kernel, of all sockets of the machine.
func socketPages(t *testing.T) (pages int) {
	text, err := os.ReadFile("/proc/net/sockstat")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(text), "TCP: ")
	_, rest, _ = strings.Cut(rest, "mem ")
	_, err = fmt.Sscan(rest, &pages)
	require.NoError(t, err)
	return pages
}
