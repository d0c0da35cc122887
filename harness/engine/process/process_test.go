package process_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
)

// The watcher is late by what the program takes between two looks.
func TestWatcherKillsAtTheLimit(t *testing.T) {
	const limit = 128 * harness.MiB
	program := act(t, open(t), limit, "grow=200")
	peak := 0.0
	for values := map[harness.Metric]float64{}; ; {
		_ = program.Sample(values)
		peak = max(peak, values[harness.MemoryAnon])
		select {
		case <-program.Done():
		default:
			continue
		}
		break
	}
	assert.Equal(t, harness.Exit{Code: 137, Signal: "killed", By: harness.ByWatcher}, program.Exit())
	require.Len(t, program.notices, 1)
	notice := <-program.notices
	assert.Regexp(t, `^limit: anonymous memory .* reached the limit of 128 MiB$`, notice)
	assert.Greater(t, peak, 0.9*float64(limit))
	assert.Less(t, peak, 1.1*float64(limit))
	assert.Error(t, program.Sample(map[harness.Metric]float64{}))
}

func TestWhatIsOpenIsListed(t *testing.T) {
	program := act(t, open(t), 0, "say=ready", "wait")
	opener, can := program.Instance.(engine.Opener)
	require.True(t, can)
	targets, err := opener.OpenTargets()
	require.NoError(t, err)
	assert.NotEmpty(t, targets)
	for target := range targets {
		assert.NotRegexp(t, `[0-9]`, target)
	}
}

func TestEndsAreTold(t *testing.T) {
	stage := open(t)
	for name, c := range map[string]struct {
		arguments []string
		signal    syscall.Signal // from outside
		want      harness.Exit
	}{
		"in order":     {[]string{"exit=0"}, 0, harness.Exit{By: harness.ByProgram}},
		"with a code":  {[]string{"exit=7"}, 0, harness.Exit{Code: 7, By: harness.ByProgram}},
		"by a panic":   {[]string{"panic=no"}, 0, harness.Exit{Code: 2, By: harness.ByProgram}},
		"terminated":   {[]string{"say=ready", "wait"}, syscall.SIGTERM, harness.Exit{Code: 143, Signal: "terminated", By: harness.ByProgram}},
		"killed":       {[]string{"say=ready", "wait"}, syscall.SIGKILL, harness.Exit{Code: 137, Signal: "killed", By: harness.ByKernel}},
		"within limit": {[]string{"hold=20", "exit=0"}, 0, harness.Exit{By: harness.ByProgram}},
	} {
		t.Run(name, func(t *testing.T) {
			program := act(t, stage, 200*harness.MiB, append([]string{"pid"}, c.arguments...)...)
			if c.signal != 0 {
				program.stdout.Wait(t, "ready")
				require.NoError(t, syscall.Kill(number(t, program, "pid"), c.signal))
			}
			assert.Equal(t, c.want, program.ended(t))
			assert.Empty(t, program.notices)
		})
	}
}

// number is what the program told behind a word.
func number(t *testing.T, program *started, word string) int {
	t.Helper()
	pattern := regexp.MustCompile(`(?m)^` + word + ` (\d+)$`)
	var found []string
	testbin.Until(t, "it tells its "+word, func() bool {
		found = pattern.FindStringSubmatch(program.stdout.String())
		return found != nil
	})
	value, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return value
}

// A command is often a shell around the program: the limit is for both together, and
// both end.
func TestChildrenAreCountedAndEnded(t *testing.T) {
	stage := open(t)
	shell := start(t, stage, engine.Program{
		Command: []string{"sh", "-c", testbin.Actor(t) + " pid hold=60 wait & wait"}, Limits: harness.Limits{Memory: 200 * harness.MiB},
	})
	shell.stdout.Wait(t, "held 60")
	testbin.Until(t, "the child's memory is counted", func() bool {
		values := map[harness.Metric]float64{}
		return shell.Sample(values) == nil && values[harness.MemoryAnon] > float64(60*harness.MiB)
	})
	child := number(t, shell, "pid")
	require.NoError(t, shell.Stop(long))
	testbin.Until(t, "the child has ended", func() bool { return gone(child) })

	limited := start(t, stage, engine.Program{
		Command: []string{"sh", "-c", testbin.Actor(t) + " pid grow=200 & wait"}, Limits: harness.Limits{Memory: 100 * harness.MiB},
	})
	assert.Equal(t, harness.ByWatcher, limited.ended(t).By)
	assert.True(t, gone(number(t, limited, "pid")))
}

func TestChildrenDoNotOutliveTheirParent(t *testing.T) {
	program := act(t, open(t), 200*harness.MiB, "child=deaf say=up wait", "exit=0")
	child := number(t, program, "child")
	assert.Zero(t, program.ended(t).Code)
	testbin.Until(t, "the child has ended", func() bool { return gone(child) })
}

func TestStop(t *testing.T) {
	stage := open(t)
	polite := act(t, stage, 0, "graceful")
	polite.stdout.Wait(t, "ready")
	require.NoError(t, polite.Stop(long))
	assert.Equal(t, harness.Exit{By: harness.ByHighwater}, polite.ended(t))
	assert.Contains(t, polite.stdout.String(), "bye")
	require.NoError(t, polite.Stop(long), "a second time")

	deaf := act(t, stage, 0, "deaf", "say=ready", "wait")
	deaf.stdout.Wait(t, "ready")
	require.NoError(t, deaf.Stop(100*time.Millisecond))
	assert.Equal(t, harness.Exit{Code: 137, Signal: "killed", By: harness.ByHighwater}, deaf.ended(t))
}

func TestOutputIsComplete(t *testing.T) {
	program := act(t, open(t), 0, "flood=1000000")
	require.Zero(t, program.ended(t).Code)
	assert.Len(t, program.stdout.String(), 2000000)
}

// A user's environment differs between machines, and may hold secrets.
func TestEnvironmentIsWhatIsDocumented(t *testing.T) {
	t.Setenv("HIGHWATER_TEST_SECRET", "must not be handed on")
	stage := open(t)
	program := start(t, stage, engine.Program{
		Binary: testbin.Actor(t), Args: []string{"env"}, Limits: harness.Limits{CPUs: 1.5},
		Env: map[string]string{engine.EnvSource: "127.0.0.1:1", "MINE": "a b"},
	})
	require.Zero(t, program.ended(t).Code)
	seen := map[string]string{}
	for line := range strings.Lines(program.stdout.String()) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		seen[name] = value
	}
	var names []string
	for name := range seen {
		names = append(names, name)
	}
	slices.Sort(names)
	assert.Equal(t, []string{"GOMAXPROCS", "HIGHWATER_DEBUG_LISTEN", "HIGHWATER_LISTEN", "HIGHWATER_RUN", "HIGHWATER_SOURCE", "HOME", "MINE", "PATH", "TMPDIR"}, names)
	assert.Equal(t, "2", seen["GOMAXPROCS"], "one and a half processors, rounded up")
	assert.Equal(t, "a b", seen["MINE"])
	assert.Regexp(t, `^:\d+$`, seen["HIGHWATER_LISTEN"])
	assert.Equal(t, os.Getenv("PATH"), seen["PATH"])
}

func TestImagesNeedContainers(t *testing.T) {
	stage := open(t)
	for _, program := range []engine.Program{{Image: "some/image"}, {BuildDir: "."}, {Image: "some/image", Command: []string{"true"}}} {
		_, err := stage.StartProgram(t.Context(), program)
		require.ErrorContains(t, err, "needs a container engine")
	}
	_, err := stage.StartProgram(t.Context(), engine.Program{Command: []string{"/nonexistent/program"}})
	require.ErrorContains(t, err, "start program: ")
}

// A highwater that is killed cannot end its peer; the peer notices by itself.
func TestPeerEndsWithItsStandardInput(t *testing.T) {
	command := exec.Command(testbin.Highwater(t), "peer", "--exit-with-stdin", "--config",
		`{"source":{"rows":10,"row":"1KiB"},"sink":{"kind":"tcp"},"control_listen":"127.0.0.1:0","source_listen":"127.0.0.1:0","sink_listen":"127.0.0.1:0"}`)
	input, err := command.StdinPipe()
	require.NoError(t, err)
	said := &testbin.Words{}
	command.Stdout, command.Stderr = said, said
	require.NoError(t, command.Start())
	said.Wait(t, "\n")
	require.NoError(t, input.Close())
	require.NoError(t, command.Wait(), fmt.Sprint(said))
}

func TestPeerAnswers(t *testing.T) {
	stage := open(t)
	told, err := stage.StartPeer(t.Context(), engine.PeerSpec{Binary: testbin.Highwater(t), Arguments: peerArguments, Log: t.Output()})
	require.NoError(t, err)
	program := act(t, stage, 0, "dial="+told.Source+","+told.Sink)
	require.Zero(t, program.ended(t).Code)
	assert.Contains(t, program.stdout.String(), "dial "+told.Source+": yes")
	assert.Contains(t, program.stdout.String(), "dial "+told.Sink+": yes")
}

// A service listens where it is told, works in a folder of its own, and goes with the
// stage.
func TestService(t *testing.T) {
	stage := open(t)
	var place engine.Place
	service := engine.Service{Name: "objects", Program: func(at engine.Place) (engine.Program, error) {
		place = at
		return engine.Program{Binary: testbin.Actor(t), Args: []string{"listen=" + engine.EnvListen, "wait"}, Env: map[string]string{}, Stdout: t.Output(), Stderr: t.Output()}, nil
	}}
	_, err := stage.StartService(t.Context(), service)
	require.NoError(t, err)
	testbin.Until(t, "the service listens", func() bool {
		conn, err := net.Dial("tcp", place.Address)
		return err == nil && conn.Close() == nil
	})
	require.DirExists(t, place.Scratch)
	require.NoError(t, stage.Close())
	assert.NoDirExists(t, place.Scratch)
	_, err = net.Dial("tcp", place.Address)
	assert.Error(t, err)
}

func TestSamplesTellCallsAndTheirTime(t *testing.T) {
	program := act(t, open(t), 200*harness.MiB, "say=ready", "wait")
	program.stdout.Wait(t, "ready")
	values := map[harness.Metric]float64{}
	require.NoError(t, program.Sample(values))
	assert.Positive(t, values[harness.WriteCalls], "what it said")
	assert.GreaterOrEqual(t, values[harness.CPUTime], values[harness.SystemTime])
	assert.Contains(t, values, harness.SystemTime)
	require.NoError(t, program.Instance.(engine.Wired).SampleQueues(values))
	assert.Contains(t, values, harness.SocketQueues)
	require.NoError(t, program.Stop(0))
	assert.Error(t, program.Instance.(engine.Wired).SampleQueues(values))
}
