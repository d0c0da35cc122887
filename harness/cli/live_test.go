package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness/internal/require/machine"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
	"github.com/highwater-dev/highwater/reports"
)

// TestLive runs highwater as its users do: a static binary, real engines, real deaths.
// One test at a time: two would share this machine's processors, and its memory.
func TestLive(t *testing.T) {
	began := time.Now()
	binary := testbin.BuildHighwater(t, t.TempDir())
	for _, one := range []struct {
		name string
		test func(*live)
	}{
		{"memory short", (*live).memoryShort},
		{"images of others", (*live).imagesOfOthers},
		{"attach containers", (*live).attachContainers},
		{"attach processes", (*live).attachProcesses},
		{"attach nginx", (*live).attachNginx},
		{"attach postgres", (*live).attachPostgres},
		{"attach node", (*live).attachNode},
		{"scripts docker", func(l *live) { l.scripts("docker") }},
		{"scripts process", func(l *live) { l.scripts("process") }},
		{"interrupted docker", func(l *live) { l.interrupted("docker") }},
		{"interrupted process", func(l *live) { l.interrupted("process") }},
		{"peer killed", (*live).peerKilled},
		{"killed docker", func(l *live) { l.killed("docker") }},
		{"killed process", func(l *live) { l.killed("process") }},
		{"pairs docker", (*live).pairsInContainers},
		{"pairs process", (*live).pairsAsProcesses},
		{"rest docker", (*live).restInContainers},
	} {
		t.Run(one.name, func(t *testing.T) {
			one.test(&live{T: t, began: began, binary: binary, out: filepath.Join(t.TempDir(), "out"), state: t.TempDir()})
		})
	}
}

// live is a test with a highwater of its own: its report folder and its registry.
type live struct {
	*testing.T
	began              time.Time // the first live test
	binary, out, state string
	ended              chan error     // of what begin started
	words              *testbin.Words // what that says on standard error
}

// command is highwater with these arguments, not yet started.
func (l *live) command(arguments ...string) (command *exec.Cmd, stdout, stderr *testbin.Words) {
	command = exec.Command(l.binary, arguments...)
	command.Env = append(os.Environ(), "XDG_STATE_HOME="+l.state)
	stdout, stderr = &testbin.Words{}, &testbin.Words{}
	command.Stdout, command.Stderr = stdout, stderr
	return command, stdout, stderr
}

// run returns the exit code and what was said on both ways.
func (l *live) run(arguments ...string) (code int, stdout, stderr string) {
	l.Helper()
	command, out, err := l.command(arguments...)
	failed := command.Run()
	if exit := (*exec.ExitError)(nil); !errors.As(failed, &exit) {
		require.NoError(l, failed)
	}
	return command.ProcessState.ExitCode(), out.String(), err.String()
}

// report is what a run wrote.
func (l *live) report() reports.Document {
	l.Helper()
	text, err := os.ReadFile(filepath.Join(l.out, "report.json"))
	require.NoError(l, err)
	var document reports.Document
	require.NoError(l, json.Unmarshal(text, &document))
	return document
}

// need skips where an engine is missing.
func (l *live) need(engine string) {
	l.Helper()
	if engine == "docker" {
		machine.Docker(l)
	}
}

// lineCount counts those of a file, 0 while it does not exist.
func lineCount(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	return bytes.Count(text, []byte("\n"))
}
