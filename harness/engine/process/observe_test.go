package process_test

import (
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/process"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
)

// another starts a program that highwater knows nothing of.
func another(t *testing.T, arguments ...string) (*exec.Cmd, *testbin.Words) {
	t.Helper()
	command, said := exec.Command(testbin.Actor(t), arguments...), &testbin.Words{}
	command.Stdout = said
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) // its children hold its output open
		_ = command.Wait()
	})
	return command, said
}

func watch(t *testing.T, pid int) engine.Instance {
	t.Helper()
	found, err := process.Find(pid)
	require.NoError(t, err)
	watched, err := found.Watch(t.Context(), engine.Program{})
	require.NoError(t, err)
	return watched
}

func TestStrangersAreWatchedAndLeftAlone(t *testing.T) {
	command, said := another(t, "hold=30", "child=hold=20 wait", "wait")
	said.Wait(t, "held 20")
	watched := watch(t, command.Process.Pid)
	values := map[harness.Metric]float64{}
	require.NoError(t, watched.Sample(values))
	assert.Greater(t, values[harness.MemoryAnon], 50*float64(harness.MiB), "its child counts, too")
	assert.Positive(t, values[harness.Descriptors])
	assert.GreaterOrEqual(t, values[harness.WriteCalls], 2.0, "each said something")
	assert.Contains(t, values, harness.SystemTime)
	require.NoError(t, watched.(engine.Wired).SampleQueues(values))
	assert.Contains(t, values, harness.SocketQueues)

	require.NoError(t, watched.Stop(0))
	require.NoError(t, watched.Stop(0), "as often as one likes")
	assert.Equal(t, harness.Exit{By: harness.ByNobody}, watched.Exit())
	assert.Error(t, watched.Sample(values))
	assert.Error(t, watched.(engine.Wired).SampleQueues(values))
	assert.NotZero(t, engine.StartTime(command.Process.Pid), "it runs on")
}

func TestEndOfAStrangerIsSeen(t *testing.T) {
	command, said := another(t, "hold=30", "wait")
	said.Wait(t, "held 30")
	watched := watch(t, command.Process.Pid)
	require.NoError(t, command.Process.Kill())
	testbin.Until(t, "the end is seen", func() bool {
		select {
		case <-watched.Done():
			return true
		default:
			return false
		}
	})
	assert.Equal(t, harness.Exit{Code: harness.CodeUnknown, By: harness.ByProgram}, watched.Exit(), "only its parent knows how")
	require.NoError(t, watched.Stop(0))
}

func TestNobodyIsNotFound(t *testing.T) {
	_, err := process.Find(1 << 30)
	assert.ErrorIs(t, err, process.ErrNoProcess)
	command, _ := another(t, "wait")
	pid := command.Process.Pid
	require.NoError(t, command.Process.Kill())
	_ = command.Wait()
	_, err = process.Find(pid)
	assert.ErrorIs(t, err, process.ErrNoProcess)
}

func TestPortsOfOthersAreDoubted(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	own, err := process.Find(os.Getpid())
	require.NoError(t, err)
	assert.Empty(t, own.Doubt("localhost", port))
	assert.Empty(t, own.Lacking())
	assert.Contains(t, own.Doubt("192.0.2.7", port), "not an address of this machine")

	command, said := another(t, "hold=1", "wait")
	said.Wait(t, "held 1")
	other, err := process.Find(command.Process.Pid)
	require.NoError(t, err)
	assert.Contains(t, other.Doubt("localhost", port), "what answers there is another program")
	assert.Equal(t, "actor", other.Name())
}
