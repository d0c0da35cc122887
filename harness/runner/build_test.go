package runner

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	needs "github.com/highwater-dev/highwater/harness/internal/require"
	"github.com/highwater-dev/highwater/harness/probe"
)

// told is a program that says what it sees of its surroundings, and then waits for
// the end of its input.
const told = `package main

import (
	"fmt"
	"io"
	"os"
)

var held = make([]byte, 8<<20)

func main() {
	_, seen := os.LookupEnv("HIGHWATER_DEBUG_LISTEN")
	fmt.Println("sees the variable:", seen, len(held))
	io.Copy(io.Discard, os.Stdin)
}
`

// privateCache keeps built programs out of the user's cache, and Go's own cache in use.
func privateCache(t *testing.T) {
	t.Helper()
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	require.NoError(t, err)
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
}

func writeProgram(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module told\n\ngo 1.24\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(text), 0o644))
	return dir
}

func TestBuildAddsADebugPort(t *testing.T) {
	privateCache(t)
	dir := writeProgram(t, told)
	binary, err := buildGo(t.Context(), dir, runtime.GOOS, runtime.GOARCH)
	require.NoError(t, err)
	again, err := buildGo(t.Context(), dir, runtime.GOOS, runtime.GOARCH)
	require.NoError(t, err)
	assert.Equal(t, binary, again, "builds do not pile up")

	assert.Equal(t, []string{"go.mod", "main.go"}, filesUnder(t, dir), "the program's own folder is as it was")
	text, err := os.ReadFile(filepath.Join(dir, "main.go"))
	require.NoError(t, err)
	assert.Equal(t, told, string(text))

	address := freeAddress(t)
	assert.Equal(t, "sees the variable: false 8388608\n", startTold(t, binary, engine.EnvDebugListen+"="+address))
	port := &probe.Go{Base: "http://" + address, HTTP: http.DefaultClient}
	checkRuntime(t, port)
	answer, err := http.Get(port.Base + "/debug/pprof/nothing")
	require.NoError(t, err)
	defer answer.Body.Close()
	assert.Equal(t, http.StatusNotFound, answer.StatusCode)
}

func checkRuntime(t *testing.T, port *probe.Go) {
	t.Helper()
	for name, take := range map[string]func() ([]byte, error){
		"space":     func() ([]byte, error) { return port.HeapProfile(t.Context()) },
		"goroutine": func() ([]byte, error) { return port.GoroutineProfile(t.Context()) },
	} {
		text, err := take()
		require.NoError(t, err)
		taken, err := profile.ParseData(text)
		require.NoError(t, err)
		assert.Equal(t, name, taken.PeriodType.Type)
	}
	values := map[harness.Metric]float64{}
	require.NoError(t, port.Sample(t.Context(), values))
	assert.Greater(t, values[harness.HeapLive], 8.0*1024*1024, "what it holds is seen")
	assert.Positive(t, values[harness.Goroutines])
	assert.Positive(t, values[harness.Collections], "profiles are taken after a collection")
	if runtime.GOOS == "linux" {
		assert.Positive(t, values[harness.Descriptors])
	}
	for metric := range values {
		assert.Contains(t, harness.Metrics, metric)
	}
}

// leaking is a program that leaves goroutines behind, which nobody can ever wake.
const leaking = `package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	for range 7 {
		answers := make(chan int)
		go func() { answers <- 1 }()
	}
	fmt.Println("leaks")
	io.Copy(io.Discard, os.Stdin)
}
`

func TestBuildAddsTheLeakProfile(t *testing.T) {
	needs.Need(t, leakProfile, func(ctx context.Context) error {
		command := exec.CommandContext(ctx, "go", "version")
		command.Env = append(os.Environ(), "GOEXPERIMENT="+leakProfile)
		return command.Run()
	})
	privateCache(t)
	binary, err := buildGo(t.Context(), writeProgram(t, leaking), runtime.GOOS, runtime.GOARCH)
	require.NoError(t, err)
	address := freeAddress(t)
	startTold(t, binary, engine.EnvDebugListen+"="+address)
	port := &probe.Go{Base: "http://" + address, HTTP: http.DefaultClient}
	assert.EventuallyWithT(t, func(t *assert.CollectT) { // each has to come to its wait first
		text, err := port.GoroutineLeakProfile(context.Background())
		require.NoError(t, err)
		assert.Equal(t, 7.0, (&profiler{}).counted(context.Background(), harness.ProfileGoroutineLeak, text)[harness.LeakedGoroutines])
	}, 10*time.Second, 10*time.Millisecond)
}

// An older toolchain refuses the experiment: the program is built all the same.
func TestBuildWithoutTheLeakProfile(t *testing.T) {
	privateCache(t)
	real, err := exec.LookPath("go")
	require.NoError(t, err)
	old := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(old, "go"), []byte(`#!/bin/sh
case "$GOEXPERIMENT" in *`+leakProfile+`*) echo "go: unknown GOEXPERIMENT `+leakProfile+`"; exit 2;; esac
exec "`+real+`" "$@"
`), 0o755))
	t.Setenv("PATH", old+string(os.PathListSeparator)+os.Getenv("PATH"))
	binary, err := buildGo(t.Context(), writeProgram(t, told), runtime.GOOS, runtime.GOARCH)
	require.NoError(t, err)
	assert.Equal(t, "sees the variable: false 8388608\n", startTold(t, binary))
}

func TestTheUsersExperimentsStay(t *testing.T) {
	for asked, want := range map[string]string{
		"": "goroutineleakprofile", "jsonv2": "jsonv2,goroutineleakprofile", "nogoroutineleakprofile": "nogoroutineleakprofile",
	} {
		assert.Equal(t, want, withLeakProfile(asked))
	}
}

// Without the variable the program is what its author wrote.
func TestBuildWithoutTheVariable(t *testing.T) {
	privateCache(t)
	binary, err := buildGo(t.Context(), writeProgram(t, told), runtime.GOOS, runtime.GOARCH)
	require.NoError(t, err)
	assert.Equal(t, "sees the variable: false 8388608\n", startTold(t, binary))
}

func TestBuildSaysWhatIsWrong(t *testing.T) {
	privateCache(t)
	_, err := buildGo(t.Context(), writeProgram(t, "package main\n\nfunc main() { nothing() }\n"), runtime.GOOS, runtime.GOARCH)
	assert.ErrorContains(t, err, "main.go:3:15: undefined: nothing")
	_, err = buildGo(t.Context(), writeProgram(t, told), "plan8", runtime.GOARCH)
	assert.ErrorContains(t, err, "plan8")
	t.Setenv("PATH", t.TempDir())
	_, err = buildGo(t.Context(), writeProgram(t, told), runtime.GOOS, runtime.GOARCH)
	assert.ErrorContains(t, err, "no Go toolchain in PATH")
}

// startTold starts a program, which ends with the test, and returns its first line.
func startTold(t *testing.T, binary string, env ...string) string {
	t.Helper()
	command := exec.Command(binary)
	command.Env = env
	stdin, err := command.StdinPipe()
	require.NoError(t, err)
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		assert.NoError(t, command.Wait())
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	return line
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}
