package cli_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
)

// patient is a scenario whose fixed program runs far longer than these tests let it.
const patient = "ignored-backpressure"

// begin starts a run and returns once it has measured for a while.
func (l *live) begin(in string) (command *exec.Cmd, runDir string) {
	l.Helper()
	l.need(in)
	command, _, stderr := l.command("run", patient, "--variants", "go/fixed", "--engine", in, "--out", l.out)
	require.NoError(l, command.Start())
	l.words = stderr
	l.ended = make(chan error, 1)
	go func() { l.ended <- command.Wait() }()
	l.Cleanup(func() { _ = command.Process.Kill() })
	runDir = filepath.Join(l.out, "runs", patient, "01-go-fixed")
	testbin.Until(l, "samples were written", func() bool {
		select {
		case err := <-l.ended:
			l.Fatalf("highwater ended early: %v\n%s", err, stderr)
		default:
		}
		return lineCount(filepath.Join(runDir, "samples.jsonl")) > 40
	})
	l.Cleanup(func() { l.run("clean") })
	return command, runDir
}

// await waits for the end of what begin started and returns its exit code, -1 for a
// signal.
func (l *live) await(command *exec.Cmd) int {
	l.Helper()
	testbin.Until(l, "highwater has ended", func() bool {
		select {
		case <-l.ended:
			return true
		default:
			return false
		}
	})
	return command.ProcessState.ExitCode()
}

// startedBy are the processes that the registry remembers.
func (l *live) startedBy() []int {
	l.Helper()
	records, err := filepath.Glob(filepath.Join(l.state, "highwater", "process-*.json"))
	require.NoError(l, err)
	var pids []int
	for _, path := range records {
		var record struct{ Pid int }
		text, err := os.ReadFile(path)
		require.NoError(l, err)
		require.NoError(l, json.Unmarshal(text, &record))
		pids = append(pids, record.Pid)
	}
	return pids
}

// left are the containers and networks of a run, asked of docker itself.
func (l *live) left(run string) string {
	l.Helper()
	filter := "label=dev.highwater.run=" + run
	containers, err := exec.Command("docker", "ps", "-aq", "--filter", filter).Output()
	require.NoError(l, err)
	networks, err := exec.Command("docker", "network", "ls", "-q", "--filter", filter).Output()
	require.NoError(l, err)
	return string(containers) + string(networks)
}

// nothingLeft holds clean to its word, by both engines.
func (l *live) nothingLeft(in, run string, pids []int) {
	l.Helper()
	if in == "docker" {
		assert.Empty(l, l.left(run))
	}
	for _, pid := range pids {
		testbin.Until(l, "its processes have ended", func() bool { return engine.StartTime(pid) == 0 || zombie(pid) })
	}
	assert.Empty(l, l.startedBy())
}

// zombie is a process that has ended and that nobody has waited for: where no init
// adopts orphans it stays in the table.
func zombie(pid int) bool {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err != nil || strings.Contains(string(status), ") Z ")
}

// killed: whatever happens to highwater, what it measured stays readable and what it
// started can be removed.
func (l *live) killed(in string) {
	command, runDir := l.begin(in)
	pids := l.startedBy()
	if in == "process" {
		require.Len(l, pids, 2, "peer and program")
	}
	require.NoError(l, command.Process.Kill())
	assert.Equal(l, -1, l.await(command))
	recording, err := harness.OpenRun(runDir)
	require.NoError(l, err)
	require.Greater(l, len(recording.Samples), 20)
	if in == "docker" {
		require.NotEmpty(l, l.left(recording.Info.ID))
	}

	code, told, stderr := l.run("clean")
	assert.Zero(l, code, stderr)
	if in == "docker" { // local processes end by themselves if they see their peer go in time
		assert.Contains(l, told, recording.Info.ID)
	}
	l.nothingLeft(in, recording.Info.ID, pids)
	_, told, _ = l.run("clean")
	assert.NotContains(l, told, recording.Info.ID)

	code, _, stderr = l.run("report", l.out)
	assert.Equal(l, 130, code, stderr)
	l.saysInterrupted()
}

func (l *live) saysInterrupted() {
	l.Helper()
	document := l.report()
	require.Len(l, document.Scenarios, 1)
	require.Len(l, document.Scenarios[0].Variants, 1)
	assert.Equal(l, harness.OutcomeInterrupted, document.Scenarios[0].Variants[0].Outcome)
	assert.Equal(l, harness.Inconclusive, document.Scenarios[0].Variants[0].Result)
	page, err := os.ReadFile(filepath.Join(l.out, "report.html"))
	require.NoError(l, err)
	assert.Contains(l, string(page), "interrupted")
}

// interrupted is Ctrl-C.
func (l *live) interrupted(in string) {
	command, runDir := l.begin(in)
	pids := l.startedBy()
	require.NoError(l, command.Process.Signal(syscall.SIGINT))
	assert.Equal(l, 130, l.await(command))
	recording, err := harness.OpenRun(runDir)
	require.NoError(l, err)
	l.nothingLeft(in, recording.Info.ID, pids)
	_, found := recording.First(harness.EventInterrupted)
	assert.True(l, found)
	l.saysInterrupted()
}

// memoryShort: a run that would bring this machine down does not begin.
func (l *live) memoryShort() {
	dir := l.TempDir()
	text := `{version: 1, id: huge, sink: {phases: [{name: slow, for: 8s}]}, limits: {memory: 10240GiB}, variants: [{name: mine, go: ./mine}]}`
	require.NoError(l, os.Mkdir(filepath.Join(dir, "mine"), 0o755))
	require.NoError(l, os.WriteFile(filepath.Join(dir, "mine", "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o644))
	require.NoError(l, os.WriteFile(filepath.Join(dir, "scenario.yaml"), []byte(text), 0o644))
	for _, in := range []string{"process", "auto"} {
		code, _, stderr := l.run("run", dir, "--engine", in, "--out", l.out)
		assert.Equal(l, 3, code)
		assert.Regexp(l, regexp.MustCompile(`run huge: it needs (10\.0 TiB|10,?240 GiB) .* and [0-9.]+ [KMG]iB is available`), stderr)
		assert.NoFileExists(l, filepath.Join(l.out, "report.json"))
	}
}

// peerKilled: without the peer nothing is counted, and nobody may be acquitted.
func (l *live) peerKilled() {
	command, runDir := l.begin("process")
	for _, pid := range l.startedBy() {
		line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
		require.NoError(l, err)
		if strings.Contains(string(line), "\x00peer\x00") {
			require.NoError(l, syscall.Kill(pid, syscall.SIGKILL))
		}
	}
	assert.Equal(l, 3, l.await(command))
	assert.Contains(l, l.words.String(), "the peer ended in mid-run")
	rec, err := harness.OpenRun(runDir)
	require.NoError(l, err)
	verdict, err := analysis.Judge(rec)
	require.NoError(l, err)
	assert.NotEqual(l, harness.OutcomeCompleted, verdict.Outcome, verdict.Sentence)
	assert.Empty(l, l.startedBy(), "nothing is left")
}
