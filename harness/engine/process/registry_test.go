package process_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/process"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
)

// records are the lines of the registry.
func records(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(process.StateDir(), "process-*.json"))
	require.NoError(t, err)
	return found
}

func TestRegistryRemembersUntilTheEnd(t *testing.T) {
	stage := open(t)
	program := act(t, stage, 0, "say=ready", "wait")
	program.stdout.Wait(t, "ready")
	require.Len(t, records(t), 1)
	require.NoError(t, program.Stop(long))
	assert.Empty(t, records(t))
}

// stranger is a process in a group of its own that no test on the stage started.
func stranger(t *testing.T) int {
	t.Helper()
	command := exec.Command(testbin.Actor(t), "wait")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return command.Process.Pid
}

// record writes a line as a highwater of that owner would have.
func record(t *testing.T, pid int, started int64, owner string) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"run": "left", "pid": pid, "started_ms": started, "owner": owner})
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(process.StateDir(), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(process.StateDir(), fmt.Sprintf("process-%d.json", pid)), text, 0o600))
}

func TestCleanEndsWhatIsLeftAndNobodyElse(t *testing.T) {
	host, err := os.Hostname()
	require.NoError(t, err)
	dead := "999999999:1@" + host
	for name, c := range map[string]struct {
		owner     string
		otherTime bool // the number was given to somebody else
		all       bool
		ends      bool
		forgotten bool
	}{
		"its owner is dead":               {owner: dead, ends: true, forgotten: true},
		"its owner lives":                 {owner: engine.Owner()},
		"its owner lives, and all goes":   {owner: engine.Owner(), all: true, ends: true, forgotten: true},
		"the number is a stranger's":      {owner: dead, otherTime: true, forgotten: true},
		"a stranger's, and all goes":      {owner: dead, otherTime: true, all: true, forgotten: true},
		"its owner is on another machine": {owner: "1:1@another-host.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			pid := stranger(t)
			since := engine.StartTime(pid)
			if c.otherTime {
				since -= 60_000
			}
			record(t, pid, since, c.owner)
			var told []string
			require.NoError(t, process.Clean(c.all, func(text string) { told = append(told, text) }))
			if c.ends {
				testbin.Until(t, "it has ended", func() bool { return gone(pid) })
				assert.Equal(t, fmt.Sprintf("ended process %d of run left", pid), strings.Join(told, "\n"))
			} else {
				assert.False(t, gone(pid))
				assert.Empty(t, told)
			}
			assert.Equal(t, c.forgotten, len(records(t)) == 0)
		})
	}
}

func TestCleanSetsAsideWhatACrashCutShort(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	require.NoError(t, os.MkdirAll(process.StateDir(), 0o700))
	for i, text := range []string{"", `{"run":"left","pid":`, `{"pid":1,"owner":"1:1@x"}`, `{"pid":-1}`, `{"pid":0}`} {
		require.NoError(t, os.WriteFile(filepath.Join(process.StateDir(), fmt.Sprintf("process-%d.json", i)), []byte(text), 0o600))
	}
	require.NoError(t, process.Clean(true, func(text string) { t.Errorf("ended something: %s", text) }))
	assert.Empty(t, records(t))
}
