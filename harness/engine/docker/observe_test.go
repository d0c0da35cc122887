package docker_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/docker"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
)

func TestContainersOfOthersAreWatchedAndLeftAlone(t *testing.T) {
	e := connect(t)
	program := open(t, e).act("hold=40", "wait")
	program.stdout.Wait(t, "held 40")
	found, err := e.Find(t.Context(), id(program))
	require.NoError(t, err)
	assert.Equal(t, limits.Memory, found.Limit())
	assert.NotEmpty(t, found.Name())
	assert.Contains(t, found.Doubt("localhost", 9), "does not publish port 9")
	watched, err := found.Watch(t.Context(), engine.Program{})
	require.NoError(t, err)
	testbin.Until(t, "memory is known", func() bool {
		values := map[harness.Metric]float64{}
		return watched.Sample(values) == nil && values[harness.MemoryAnon] > 40*float64(harness.MiB)
	})
	require.NoError(t, watched.Stop(0))
	require.NoError(t, watched.Stop(0), "as often as one likes")
	assert.Equal(t, harness.Exit{By: harness.ByNobody}, watched.Exit())
	assert.True(t, inspect(t, e, id(program)).State.Running)
}

func TestOOMKillOfAStranger(t *testing.T) {
	e := connect(t)
	program := open(t, e).act("say=ready", "hold=5", "grow=40")
	program.stdout.Wait(t, "held 5")
	found, err := e.Find(t.Context(), id(program))
	require.NoError(t, err)
	notices := make(chan harness.EventKind, 8)
	watched, err := found.Watch(t.Context(), engine.Program{Notice: func(kind harness.EventKind, _ string) { notices <- kind }})
	require.NoError(t, err)
	testbin.Until(t, "the end is seen", func() bool {
		select {
		case <-watched.Done():
			return true
		default:
			return false
		}
	})
	assert.Equal(t, harness.Exit{Code: 137, Signal: "killed", By: harness.ByKernel, OOMKilled: true}, watched.Exit())
	assert.Equal(t, harness.EventOOM, <-notices)
	require.NoError(t, watched.Stop(0))
	_, err = e.Find(t.Context(), id(program))
	assert.ErrorIs(t, err, docker.ErrNotRunning)
	assert.ErrorContains(t, err, "its state is exited")
}

func TestContainersThatAreNotThere(t *testing.T) {
	_, err := connect(t).Find(t.Context(), "highwater-no-such-container")
	assert.ErrorIs(t, err, docker.ErrNotRunning)
	assert.ErrorContains(t, err, "it does not exist")
}
