package cli_test

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/stretchr/testify/assert"

	"github.com/highwater-dev/highwater/harness"
	needs "github.com/highwater-dev/highwater/harness/internal/require"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
)

// scripts that fail: each shows its own error, and leaves nothing behind.
func (l *live) scripts(in string) {
	l.need(in)
	needs.Program(l, "node")
	for _, one := range []struct {
		variant string
		code    int
		outcome harness.Outcome
		says    string
	}{
		{"syntax", 3, harness.OutcomeNeverReady, "syntax.mjs:2"},
		{"syntax", 3, harness.OutcomeNeverReady, "SyntaxError: Unexpected token"},
		{"throws", 3, harness.OutcomeNeverReady, "Error: no configuration found"},
		{"early", 4, harness.OutcomeCompleted, ""},
		{"later", 1, harness.OutcomeCrashed, "TypeError: Cannot read properties of null"},
	} {
		l.out = filepath.Join(l.TempDir(), "out")
		before := l.leftNow(in)
		code, _, stderr := l.run("run", "testdata/scripts", "--engine", in, "--variants", one.variant, "--out", l.out)
		assert.Equal(l, one.code, code, "%s: %s", one.variant, stderr)
		assert.Contains(l, stderr, one.says, one.variant)
		assert.Equal(l, one.outcome, l.report().Scenarios[0].Variants[0].Outcome, one.variant)
		assert.Equal(l, before, l.leftNow(in), "nothing is left")
	}
}

// leftNow is what a run could leave.
func (l *live) leftNow(in string) any {
	if in == "docker" {
		return l.containers()
	}
	return l.startedBy()
}

// attachNode: a shop that was started by hand, with its inspector on, and by signal.
func (l *live) attachNode() {
	node := needs.Program(l, "node")
	begin := func(flags ...string) (pid, port string) {
		port = l.freePort()
		shop := l.starts(exec.Command(node, append(flags, "testdata/scripts/node/shop.mjs", port)...))
		l.listens(port)
		return strconv.Itoa(shop.Process.Pid), port
	}
	inspector := l.freePort()
	pid, port := begin("--inspect=127.0.0.1:" + inspector)
	told := l.attach(0, "--pid", pid, "--url", "http://localhost:"+port+"/streams", "--debug-port", inspector)
	assert.Equal(l, harness.CauseNone, told.Cause, told.Sentence)
	if assert.NotNil(l, told.Stream) {
		assert.Less(l, told.Stream.MostHeldBytes(), int64(harness.MiB), "its streams were listed, and are as good as empty")
	}
	assert.True(l, l.inspects(inspector), "what was open stays open")

	inspector = l.freePort()
	pid, port = begin("--inspect-port=" + inspector)
	assert.False(l, l.inspects(inspector))
	told = l.attach(1, "--pid", pid, "--url", "http://localhost:"+port+"/gathers", "--inspect", "--debug-port", inspector)
	assert.Equal(l, "exportRows", told.Site, told.Sentence)
	assert.Contains(l, told.Sentence, "on the writable side")
	testbin.Until(l, "the inspector is shut", func() bool { return !l.inspects(inspector) })

	sleeper := l.starts(exec.Command("sleep", "60"))
	code, _, stderr := l.run("attach", "--pid", strconv.Itoa(sleeper.Process.Pid), "--url", "http://localhost:"+port+"/streams", "--inspect")
	assert.Equal(l, 3, code)
	assert.Contains(l, stderr, "has no handler for SIGUSR1 and would die of it")
}

func (l *live) inspects(port string) bool {
	answer, err := http.Get("http://127.0.0.1:" + port + "/json/version")
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}
