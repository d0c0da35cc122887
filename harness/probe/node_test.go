package probe_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	needs "github.com/highwater-dev/highwater/harness/internal/require"
	"github.com/highwater-dev/highwater/harness/probe"
)

var listening = regexp.MustCompile(`Debugger listening on ws://(\S+)/`)

// startNode starts a script that waits for its debugger, and says where that is found.
func startNode(t *testing.T, arguments ...string) (base string, command *exec.Cmd) {
	t.Helper()
	node := needs.Program(t, "node")
	command = exec.Command(node, append([]string{"--inspect-wait=127.0.0.1:0"}, arguments...)...)
	said, err := command.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			go func() { _, _ = io.Copy(io.Discard, said) }()
			return "http://" + found[1], command
		}
	}
	t.Fatal("node does not say where its inspector is")
	return "", nil
}

// openNode opens a script and lets it run until its top level is through.
func openNode(t *testing.T, script string) *probe.Node {
	base, _ := startNode(t, script)
	node, err := probe.OpenNode(t.Context(), base, http.DefaultClient, true)
	require.NoError(t, err)
	t.Cleanup(node.Close)
	begin(t, node)
	require.Eventually(t, func() bool {
		streams, err := node.Streams(t.Context())
		return err == nil && slices.ContainsFunc(streams, func(s harness.StreamGroup) bool { return s.Class == "Mute" && s.Writable.Buffered == 1_000_000 })
	}, 20*time.Second, 20*time.Millisecond)
	return node
}

// begin lets a script run.
func begin(t *testing.T, node *probe.Node) {
	t.Helper()
	version, err := node.Begin(t.Context())
	require.NoError(t, err)
	require.Regexp(t, `^v\d+\.\d+\.\d+$`, version)
}

func TestNodeTellsItsFigures(t *testing.T) {
	node := openNode(t, "testdata/node/leaky.mjs")
	values := map[harness.Metric]float64{}
	require.NoError(t, node.Sample(t.Context(), values))
	for metric, value := range values {
		assert.Contains(t, harness.Metrics, metric)
		assert.GreaterOrEqual(t, value, 0.0, metric)
	}
	assert.Greater(t, values[harness.HeapObjects], 4e6, "four thousand strings of a kilobyte")
	assert.Greater(t, values[harness.ArrayBuffers], 0.9e6, "ten Buffers of 100 kB, of which one has been let go")
	assert.GreaterOrEqual(t, values[harness.External], values[harness.ArrayBuffers])

	targets, err := node.OpenTargets(t.Context())
	require.NoError(t, err)
	assert.NotEmpty(t, targets)
}

func TestNodeProfileNamesTheFunction(t *testing.T) {
	node := openNode(t, "testdata/node/leaky.mjs")
	text, err := node.HeapProfile(t.Context())
	require.NoError(t, err)
	read, err := profile.Parse(bytes.NewReader(text))
	require.NoError(t, err)
	require.NoError(t, read.CheckValid())
	assert.Equal(t, "inuse_space", read.DefaultSampleType)

	var all, gathered int64
	for _, sample := range read.Sample {
		all += sample.Value[1]
		for _, location := range sample.Location {
			if line := location.Line[0]; line.Function.Name == "gather" {
				assert.True(t, strings.HasSuffix(line.Function.Filename, "/testdata/node/leaky.mjs"), line.Function.Filename)
				assert.EqualValues(t, 7, line.Function.StartLine)
				gathered += sample.Value[1]
				break
			}
		}
	}
	assert.Greater(t, float64(gathered), 0.5*float64(all))
}

func TestNodeListsItsStreams(t *testing.T) {
	node := openNode(t, "testdata/node/leaky.mjs")
	streams, err := node.Streams(t.Context())
	require.NoError(t, err)
	held := streams[0]
	assert.Equal(t, "PassThrough", held.Class)
	assert.Equal(t, 1, held.Count)
	assert.Equal(t, 1, held.NeedDrain)
	require.NotNil(t, held.Writable)
	assert.True(t, held.Writable.Objects)
	assert.EqualValues(t, 4, held.Writable.HighWaterMark)
	assert.InDelta(t, 4000, held.Writable.Buffered+held.Readable.Buffered, 2, "one may be on its way from side to side")
	assert.InEpsilon(t, 4000*1009, held.HeldBytes(), 0.02)

	mute := streams[slices.IndexFunc(streams, func(s harness.StreamGroup) bool { return s.Class == "Mute" })]
	assert.False(t, mute.Writable.Objects)
	assert.EqualValues(t, 1_000_000, mute.Writable.BufferedBytes)
	assert.EqualValues(t, 0, mute.Readable.Buffered)
}

func TestNodeTellsWhatSocketsHaveSent(t *testing.T) {
	base, _ := startNode(t, "testdata/node/sockets.mjs")
	node, err := probe.OpenNode(t.Context(), base, http.DefaultClient, false)
	require.NoError(t, err)
	defer node.Close()
	begin(t, node)
	require.Eventually(t, func() bool {
		streams, err := node.Streams(t.Context())
		at := slices.IndexFunc(streams, func(s harness.StreamGroup) bool { return s.Class == "Socket" && s.MostWrittenBytes > 0 })
		return err == nil && at >= 0 && streams[at].Count == 4 && streams[at].WrittenBytes == 201_000 && streams[at].MostWrittenBytes == 200_000
	}, 20*time.Second, 50*time.Millisecond)
}

// A program that ends waits for its debugger to let go, and would wait for ever.
func TestNodeIsLetGoWhenItEnds(t *testing.T) {
	base, command := startNode(t, "testdata/node/leaky.mjs", "ends")
	node, err := probe.OpenNode(t.Context(), base, http.DefaultClient, true)
	require.NoError(t, err)
	begin(t, node)
	ended(t, command)
	assert.Equal(t, 3, command.ProcessState.ExitCode())
	assert.Error(t, node.Sample(t.Context(), map[harness.Metric]float64{}), "nobody answers")
	node.Close()
}

// Workers and forked processes inherit the argument by which their program waits, and would
// wait for ever.
func TestWorkersAndForksRun(t *testing.T) {
	base, command := startNode(t, "testdata/node/working.mjs")
	node, err := probe.OpenNode(t.Context(), base, http.DefaultClient, true)
	require.NoError(t, err)
	defer node.Close()
	begin(t, node)
	ended(t, command)
	assert.Equal(t, 0, command.ProcessState.ExitCode())
}

// ended waits for the end of a program.
func ended(t *testing.T, command *exec.Cmd) {
	t.Helper()
	over := make(chan error, 1)
	go func() { over <- command.Wait() }()
	select {
	case <-over:
	case <-time.After(20 * time.Second):
		t.Fatal("it waits for the debugger")
	}
}

// A program that is stopped answers nothing: the question is given up, the session goes on.
func TestNodeIsAskedInVain(t *testing.T) {
	_, err := probe.OpenNode(t.Context(), "http://127.0.0.1:1", http.DefaultClient, true)
	assert.ErrorContains(t, err, "open inspector: ")

	base, command := startNode(t, "testdata/node/leaky.mjs")
	node, err := probe.OpenNode(t.Context(), base, http.DefaultClient, true)
	require.NoError(t, err)
	defer node.Close()
	begin(t, node)
	require.NoError(t, node.Sample(t.Context(), map[harness.Metric]float64{}))

	require.NoError(t, command.Process.Signal(syscall.SIGSTOP))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	assert.ErrorIs(t, node.Sample(ctx, map[harness.Metric]float64{}), context.DeadlineExceeded)
	require.NoError(t, command.Process.Signal(syscall.SIGCONT))
	require.NoError(t, node.Sample(t.Context(), map[harness.Metric]float64{}), "one question that is given up ends no other")
}
