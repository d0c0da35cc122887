package attach_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/attach"
)

// place is where the peer would run. It notes what is asked of it.
type place struct {
	ports   engine.Ports
	layout  engine.Layout
	started []engine.Program
	closed  int
}

func (*place) Name() string { return "place" }
func (*place) Facts(context.Context) map[string]string {
	return map[string]string{"engine": "place", "os": "x"}
}
func (*place) AvailableMemory(context.Context) (harness.Bytes, error) { return harness.GiB, nil }
func (*place) Platform() (goos, goarch string)                        { return "linux", "amd64" }
func (p *place) Close() error                                         { p.closed++; return nil }
func (p *place) StartProgram(_ context.Context, one engine.Program) (engine.Instance, error) {
	p.started = append(p.started, one)
	return nil, nil
}

func (*place) HasImage(context.Context, string) bool { return false }
func (*place) StartService(context.Context, engine.Service) (engine.Instance, error) {
	return nil, nil
}

func (p *place) Stage(_ context.Context, _ string, ports engine.Ports) (engine.Stage, error) {
	p.ports = ports
	return p, nil
}

func (p *place) StartPeer(_ context.Context, spec engine.PeerSpec) (engine.Peer, error) {
	_, err := spec.Arguments(engine.Layout{ControlListen: "own", Download: "own", Debug: "own"})
	return engine.Peer{}, err
}

// program is one that runs.
type program struct {
	stopped int
	fails   error
}

func (*program) Facts() map[string]string { return map[string]string{"engine": "attach", "pid": "7"} }
func (*program) Limit() harness.Bytes     { return 64 * harness.MiB }
func (p *program) Watch(context.Context, engine.Program) (engine.Instance, error) {
	return p, p.fails
}
func (*program) Sample(map[harness.Metric]float64) error { return nil }
func (*program) Done() <-chan struct{}                   { return nil }
func (*program) Exit() harness.Exit                      { return harness.Exit{By: harness.ByNobody} }
func (p *program) Stop(time.Duration) error              { p.stopped++; return nil }
func (*program) Describe(map[string]string)              {}

func TestNothingIsStartedButThePeer(t *testing.T) {
	beside, runs := &place{}, &program{}
	e := attach.Engine{Target: runs, Beside: beside, Download: "localhost:80", Debug: "localhost:81"}
	stage, err := e.Stage(t.Context(), "run", engine.Ports{Listen: 80, Debug: 81})
	require.NoError(t, err)
	assert.Zero(t, beside.ports, "they are taken, and by whom they should be")
	_, err = stage.StartPeer(t.Context(), engine.PeerSpec{Arguments: func(layout engine.Layout) ([]string, error) {
		beside.layout = layout
		return nil, nil
	}})
	require.NoError(t, err)
	assert.Equal(t, engine.Layout{ControlListen: "own", Download: "localhost:80", Debug: "localhost:81"}, beside.layout)

	watched, err := stage.StartProgram(t.Context(), engine.Program{})
	require.NoError(t, err)
	assert.Same(t, runs, watched)
	assert.Empty(t, beside.started)
	require.NoError(t, stage.Close())
	assert.Equal(t, []int{1, 1}, []int{runs.stopped, beside.closed})
}

func TestStageClosesAlsoWhereNothingCouldBeWatched(t *testing.T) {
	beside := &place{}
	stage, err := attach.Engine{Target: &program{fails: errors.New("gone")}, Beside: beside}.Stage(t.Context(), "run", engine.Ports{})
	require.NoError(t, err)
	_, err = stage.StartProgram(t.Context(), engine.Program{})
	require.EqualError(t, err, "gone")
	require.NoError(t, stage.Close())
	assert.Equal(t, 1, beside.closed)
}

func TestFactsAndMemoryAreThoseOfBoth(t *testing.T) {
	e := attach.Engine{Target: &program{}, Beside: &place{}}
	assert.Equal(t, map[string]string{"engine": "attach", "os": "x", "pid": "7"}, e.Facts(t.Context()))
	available, err := e.AvailableMemory(t.Context())
	require.NoError(t, err)
	assert.Equal(t, harness.GiB+64*harness.MiB, available, "what it may take is its own already")
}
