package docker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/docker"
	"github.com/highwater-dev/highwater/harness/internal/require/machine"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
	"github.com/highwater-dev/highwater/harness/peer"
)

func TestMain(m *testing.M) { os.Exit(testbin.Main(m)) }

var runs atomic.Int64

// connect needs an engine.
func connect(t *testing.T) *docker.Engine {
	t.Helper()
	machine.Docker(t)
	e, err := docker.Connect(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

// theatre is a stage with a peer on it.
type theatre struct {
	t     *testing.T
	e     *docker.Engine
	run   string
	stage engine.Stage
	peer  engine.Peer
}

func open(t *testing.T, e *docker.Engine) *theatre {
	t.Helper()
	th := &theatre{t: t, e: e, run: fmt.Sprintf("test-%d-%d", os.Getpid(), runs.Add(1))}
	var err error
	th.stage, err = e.Stage(t.Context(), th.run, engine.Ports{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = th.stage.Close() }) // a second time, where the test closed it
	th.peer, err = th.stage.StartPeer(t.Context(), engine.PeerSpec{
		Binary: testbin.Highwater(t), Arguments: peerArguments, Log: t.Output(),
	})
	require.NoError(t, err)
	return th
}

func peerArguments(layout engine.Layout) ([]string, error) {
	text, err := json.Marshal(peer.Config{
		Source:        &harness.Source{Rows: 10, Row: harness.RowSize{Min: 1024, Max: 1024}},
		Sink:          harness.Sink{Kind: harness.SinkTCP},
		ControlListen: layout.ControlListen, SourceListen: layout.SourceListen, SinkListen: layout.SinkListen,
		Download: layout.Download, Debug: layout.Debug,
	})
	return []string{"peer", "--config", string(text)}, err
}

// limits are enough for the actor.
var limits = harness.Limits{Memory: 64 * harness.MiB, CPUs: 0.5, Pids: 64}

// started is an actor on a stage, and what it said.
type started struct {
	engine.Instance
	stdout, stderr *testbin.Words
	notices        chan harness.EventKind
}

func (th *theatre) act(arguments ...string) *started {
	th.t.Helper()
	return th.start(engine.Program{Binary: testbin.Actor(th.t), Args: arguments, Limits: limits})
}

func (th *theatre) start(program engine.Program) *started {
	th.t.Helper()
	s := &started{stdout: &testbin.Words{}, stderr: &testbin.Words{}, notices: make(chan harness.EventKind, 16)}
	program.Stdout, program.Stderr = s.stdout, s.stderr
	program.Notice = func(kind harness.EventKind, _ string) { s.notices <- kind }
	var err error
	s.Instance, err = th.stage.StartProgram(th.t.Context(), program)
	require.NoError(th.t, err)
	return s
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

// id is the container's number.
func id(instance engine.Instance) string {
	if wrapped, ok := instance.(*started); ok {
		instance = wrapped.Instance
	}
	return instance.(interface{ Docker() string }).Docker()
}

// inspect is the engine's word on a container.
func inspect(t *testing.T, e *docker.Engine, id string) container.InspectResponse {
	t.Helper()
	result, err := e.Client().ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
	require.NoError(t, err)
	return result.Container
}

// left are the names of a run's containers and networks, the ended ones included.
func left(t *testing.T, e *docker.Engine, run string) []string {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // cleanups ask, too
	filters := make(client.Filters).Add("label", docker.LabelRun+"="+run)
	containers, err := e.Client().ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
	require.NoError(t, err)
	networks, err := e.Client().NetworkList(ctx, client.NetworkListOptions{Filters: filters})
	require.NoError(t, err)
	names := []string{}
	for _, one := range containers.Items {
		names = append(names, "container "+one.ID)
	}
	for _, one := range networks.Items {
		names = append(names, "network "+one.Name)
	}
	return names
}
