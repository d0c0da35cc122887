package runner

import (
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// It is for the one who measures, and not for what is measured.
func TestPrecedenceIsNotInherited(t *testing.T) {
	runtime.LockOSThread() // whose thread ends with this test, and its policy with it
	wanted := uint32(unix.SCHED_RR)
	if err := TakePrecedence(); err != nil {
		require.ErrorIs(t, err, unix.EPERM, "this user may not, and there is no other reason")
		wanted = unix.SCHED_NORMAL
	}
	own, err := unix.SchedGetAttr(0, 0)
	require.NoError(t, err)
	assert.Equal(t, wanted, own.Policy)

	command := exec.Command("sleep", "60")
	require.NoError(t, command.Start())
	defer func() { _ = command.Wait() }()
	defer func() { _ = command.Process.Signal(os.Kill) }()
	child, err := unix.SchedGetAttr(command.Process.Pid, 0)
	require.NoError(t, err)
	assert.EqualValues(t, unix.SCHED_NORMAL, child.Policy)
}
