package process_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/process"
	needs "github.com/highwater-dev/highwater/harness/internal/require"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
)

// children waits until the program has told that many children, and returns them. They
// are ended with the test, whatever it shows.
func children(t *testing.T, said *testbin.Words, count int) []int {
	t.Helper()
	var pids []int
	testbin.Until(t, "the children are told", func() bool {
		pids = nil
		for _, found := range regexp.MustCompile(`(?m)^child (\d+)$`).FindAllStringSubmatch(said.String(), -1) {
			pid, _ := strconv.Atoi(found[1])
			pids = append(pids, pid)
		}
		return len(pids) == count
	})
	t.Cleanup(func() {
		for _, pid := range pids {
			if !gone(pid) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	})
	return pids
}

func assertGone(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		assert.True(t, gone(pid), "process %d still runs", pid)
	}
}

// The end is told only when nobody is left.
func TestNobodyOutlivesTheEnd(t *testing.T) {
	for name, c := range map[string]struct {
		arguments []string
		children  int
		end       func(*testing.T, *started, engine.Stage)
		linux     bool // only the mark tells
	}{
		"left its group": {[]string{"away=deaf wait", "exit=0"}, 1, func(*testing.T, *started, engine.Stage) {}, true},
		"left its group and its parent": {[]string{"away=away=wait exit=0", "say=up", "wait"}, 2, func(t *testing.T, s *started, _ engine.Stage) {
			require.NoError(t, s.Stop(long))
		}, true},
		"left its group, and is stopped": {[]string{"away=deaf wait", "wait"}, 1, func(t *testing.T, s *started, _ engine.Stage) {
			require.NoError(t, s.Stop(long))
		}, false},
		"left its group, and all is closed": {[]string{"deaf", "away=deaf wait", "wait"}, 1, func(t *testing.T, _ *started, stage engine.Stage) {
			require.NoError(t, stage.Close())
		}, false},
		"left its group, and the limit is reached": {[]string{"away=deaf wait", "grow=400"}, 1, func(*testing.T, *started, engine.Stage) {}, false},
		"is what reaches the limit":                {[]string{"away=grow=400", "wait"}, 1, func(*testing.T, *started, engine.Stage) {}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if c.linux {
				needsMarks(t)
			}
			stage := open(t)
			program := act(t, stage, 100*harness.MiB, c.arguments...)
			pids := children(t, program.stdout, c.children)
			c.end(t, program, stage)
			program.ended(t)
			assertGone(t, pids)
			assert.Empty(t, records(t))
		})
	}
}

// Whoever asks to be terminated in order is asked once: a second signal means "now".
func TestStopAsksThoseWhoLeftTheGroup(t *testing.T) {
	program := act(t, open(t), 0, "away=graceful", "graceful")
	children(t, program.stdout, 1)
	testbin.Until(t, "both are ready", func() bool {
		return len(regexp.MustCompile(`(?m)^ready$`).FindAllString(program.stdout.String(), -1)) == 2
	})
	require.NoError(t, program.Stop(long))
	assert.Equal(t, harness.Exit{By: harness.ByHighwater}, program.ended(t))
}

// needsMarks: they are read on Linux only.
func needsMarks(t *testing.T) {
	t.Helper()
	needs.Need(t, "procfs", func(context.Context) error {
		_, err := os.Stat("/proc/self/environ")
		return err
	})
}

// What a killed highwater leaves may have outlived the process that was written down.
func TestCleanFindsWhoOutlivedTheirParent(t *testing.T) {
	needsMarks(t)
	for name, firstLives := range map[string]bool{"the first lives": true, "the first has ended": false} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			mark := fmt.Sprintf("left-%d-%d", os.Getpid(), time.Now().UnixNano())
			said := &testbin.Words{}
			first := exec.Command(testbin.Actor(t), "away=deaf wait", "graceful")
			first.Env, first.Stdout = append(os.Environ(), engine.EnvRun+"="+mark), said
			first.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			require.NoError(t, first.Start())
			since := engine.StartTime(first.Process.Pid)
			pids := children(t, said, 1)
			said.Wait(t, "ready")
			reaped := make(chan struct{})
			go func() {
				defer close(reaped)
				_, _ = first.Process.Wait()
			}()
			t.Cleanup(func() { _ = first.Process.Kill() })
			if !firstLives {
				require.NoError(t, first.Process.Signal(syscall.SIGTERM))
				<-reaped
			}
			bystander := stranger(t)
			host, err := os.Hostname()
			require.NoError(t, err)
			text, err := json.Marshal(map[string]any{
				"run": "left", "mark": mark, "pid": first.Process.Pid, "started_ms": since, "owner": "999999999:1@" + host,
			})
			require.NoError(t, err)
			require.NoError(t, os.MkdirAll(process.StateDir(), 0o700))
			require.NoError(t, os.WriteFile(process.StateDir()+"/process-1.json", text, 0o600))

			var told []string
			require.NoError(t, process.Clean(false, func(text string) { told = append(told, text) }))
			<-reaped
			assertGone(t, pids)
			assert.False(t, gone(bystander))
			assert.Contains(t, told, fmt.Sprintf("ended process %d of run left", pids[0]))
			assert.Equal(t, firstLives, len(told) == 2, told)
			assert.Empty(t, records(t))
		})
	}
}
