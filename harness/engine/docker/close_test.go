package docker_test

import (
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/docker"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
)

// What a watcher tells after the end of Close would go into a directory that is closed.
func TestNobodyWatchesAfterClose(t *testing.T) {
	th := open(t, connect(t))
	program := th.act("say=ready", "grow=1000") // it is being killed
	program.stdout.Wait(t, "ready")
	require.NoError(t, th.stage.Close())
	select {
	case <-program.Done():
	default:
		t.Error("Close returned before the end was told")
	}
	var stacks strings.Builder
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&stacks, 1))
	assert.NotContains(t, stacks.String(), "docker.(*instance)")
	assert.NotContains(t, stacks.String(), "docker.(*statsStream)")
}

// gate is a writer that lets nothing through before it is opened.
type gate struct{ reached, open chan struct{} }

func (g gate) Write(text []byte) (int, error) {
	select {
	case g.reached <- struct{}{}:
	default:
	}
	<-g.open
	return len(text), nil
}

func TestRemovalWaitsForWatchers(t *testing.T) {
	th := open(t, connect(t))
	output := gate{reached: make(chan struct{}, 1), open: make(chan struct{})}
	program, err := th.stage.StartProgram(t.Context(), engine.Program{
		Binary: testbin.Actor(t), Args: []string{"say=ready", "wait"}, Limits: limits, Stdout: output,
	})
	require.NoError(t, err)
	<-output.reached
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // enough to remove a container
	defer cancel()
	err = docker.Remove(ctx, program)
	close(output.open)
	assert.ErrorContains(t, err, "end watchers of container")
}

// The network's holder is started beside the peer, and may still be under way when
// Ctrl-C comes.
func TestCloseRemovesAHolderThatComesLate(t *testing.T) {
	e := connect(t)
	image := inspect(t, e, id(open(t, e).peer.Instance)).Config.Image
	run := fmt.Sprintf("test-late-%d", os.Getpid())
	stage, err := e.Stage(t.Context(), run, engine.Ports{})
	require.NoError(t, err)
	begin := make(chan struct{})
	docker.HoldLate(stage, image, begin)
	close(begin)
	require.NoError(t, stage.Close())
	assert.Empty(t, left(t, e, run))
}

// What the refusal of a run reserves for the peer is what the peer may use.
func TestPeerIsHeldToWhatIsReserved(t *testing.T) {
	e := connect(t)
	host := inspect(t, e, id(open(t, e).peer.Instance)).HostConfig
	assert.EqualValues(t, engine.PeerMemory, host.Memory)
	assert.Equal(t, host.Memory, host.MemorySwap)
}
