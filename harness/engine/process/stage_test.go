package process_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/process"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
	"github.com/highwater-dev/highwater/harness/peer"
)

func TestMain(m *testing.M) { os.Exit(testbin.Main(m)) }

// long is a grace period that only a test which fails uses up.
const long = time.Minute

// open makes a stage whose registry is the test's own.
func open(t *testing.T) engine.Stage {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	stage, err := process.Engine{}.Stage(t.Context(), "test", engine.Ports{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stage.Close()) })
	return stage
}

func peerArguments(layout engine.Layout) ([]string, error) {
	text, err := json.Marshal(peer.Config{
		Source: &harness.Source{Rows: 10, Row: harness.RowSize{Min: 1024, Max: 1024}}, Sink: harness.Sink{Kind: harness.SinkTCP},
		ControlListen: layout.ControlListen, SourceListen: layout.SourceListen, SinkListen: layout.SinkListen,
		Download: layout.Download, Debug: layout.Debug,
	})
	return []string{"peer", "--config", string(text)}, err
}

// started is a program on a stage, and what it said.
type started struct {
	engine.Instance
	stdout  *testbin.Words
	notices chan string
}

func start(t *testing.T, stage engine.Stage, program engine.Program) *started {
	t.Helper()
	s := &started{stdout: &testbin.Words{}, notices: make(chan string, 16)}
	program.Stdout, program.Stderr = s.stdout, s.stdout
	program.Notice = func(kind harness.EventKind, text string) { s.notices <- fmt.Sprint(kind, ": ", text) }
	var err error
	s.Instance, err = stage.StartProgram(t.Context(), program)
	require.NoError(t, err)
	return s
}

func act(t *testing.T, stage engine.Stage, limit harness.Bytes, arguments ...string) *started {
	t.Helper()
	return start(t, stage, engine.Program{Binary: testbin.Actor(t), Args: arguments, Limits: harness.Limits{Memory: limit}})
}

// ended waits for the end and returns it.
func (s *started) ended(t *testing.T) harness.Exit {
	t.Helper()
	testbin.Until(t, "the program has ended", func() bool {
		select {
		case <-s.Done():
			return true
		default:
			return false
		}
	})
	return s.Exit()
}

// gone says whether a process has ended. One that nobody has waited for counts: in a
// container there may be no init to do it.
func gone(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	var number int
	var name, state string
	_, err = fmt.Sscan(string(status), &number, &name, &state)
	return err == nil && state == "Z"
}
