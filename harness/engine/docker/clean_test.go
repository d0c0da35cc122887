package docker_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/docker"
)

// leave creates what a highwater of that owner would have left, and returns the run.
func leave(t *testing.T, e *docker.Engine, image, owner string) string {
	t.Helper()
	run := fmt.Sprintf("test-left-%d-%d", os.Getpid(), runs.Add(1))
	labels := map[string]string{docker.LabelRun: run, docker.LabelOwner: owner}
	network, err := e.Client().NetworkCreate(t.Context(), "highwater-"+run, client.NetworkCreateOptions{Internal: true, Labels: labels})
	require.NoError(t, err)
	created, err := e.Client().ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Config:     &container.Config{Image: image, Cmd: []string{"wait"}, Labels: labels},
		HostConfig: &container.HostConfig{NetworkMode: container.NetworkMode(network.ID)},
	})
	require.NoError(t, err)
	_, err = e.Client().ContainerStart(t.Context(), created.ID, client.ContainerStartOptions{})
	require.NoError(t, err)
	t.Cleanup(func() {
		if len(left(t, e, run)) > 0 {
			remove(e, created.ID, network.ID)
		}
	})
	return run
}

// owners returns one that has ended and one that lives.
func owners(t *testing.T) (dead, living string) {
	t.Helper()
	host, err := os.Hostname()
	require.NoError(t, err)
	command := exec.Command("true")
	require.NoError(t, command.Run())
	return fmt.Sprintf("%d:%d@%s", command.Process.Pid, 1, host), engine.Owner()
}

func TestClean(t *testing.T) {
	e := connect(t)
	th := open(t, e)
	image := inspect(t, e, id(th.act("exit=0"))).Image
	dead, living := owners(t)
	gone := leave(t, e, image, dead)
	stays := leave(t, e, image, living)
	elsewhere := leave(t, e, image, "1:1@another-host.example")
	reused := leave(t, e, image, strings.Replace(living, ":", ":9", 1)) // the number lives, the process does not

	var told []string
	require.NoError(t, e.Clean(t.Context(), false, func(text string) { told = append(told, text) }))
	assert.Empty(t, left(t, e, gone))
	assert.Empty(t, left(t, e, reused))
	assert.Len(t, left(t, e, stays), 2)
	assert.Len(t, left(t, e, elsewhere), 2, "nobody here can ask whether it lives")
	assert.True(t, slices.ContainsFunc(told, func(text string) bool { return strings.Contains(text, "of run "+gone) }))
	assert.False(t, slices.ContainsFunc(told, func(text string) bool { return strings.Contains(text, stays) }))
}

// remove is for what a failed test leaves; the test's own context is over by then.
func remove(e *docker.Engine, container, network string) {
	_, _ = e.Client().ContainerRemove(context.Background(), container, client.ContainerRemoveOptions{Force: true})
	_, _ = e.Client().NetworkRemove(context.Background(), network, client.NetworkRemoveOptions{})
}
