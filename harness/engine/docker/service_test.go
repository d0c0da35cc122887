package docker_test

import (
	"net/http"
	"path"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
	"github.com/highwater-dev/highwater/harness/peer"
)

// A service stands on the run's network under its own name, without the program's
// limits, and goes with the stage.
func TestService(t *testing.T) {
	e := connect(t)
	th := open(t, e)
	var place engine.Place
	service, err := th.stage.StartService(t.Context(), engine.Service{Name: "objects", Program: func(at engine.Place) (engine.Program, error) {
		place = at
		return engine.Program{Binary: testbin.Actor(t), Args: []string{"listen=" + at.Listen, "wait"}}, nil
	}})
	require.NoError(t, err)
	assert.Equal(t, engine.Place{Address: "objects:8080", Listen: ":8080", Scratch: "/scratch"}, place)
	client := &peer.Client{Base: th.peer.Control, HTTP: &http.Client{Timeout: time.Minute}}
	testbin.Until(t, "the peer reaches the service", func() bool {
		conn, err := client.Dial(t.Context(), place.Address)
		return err == nil && conn.Close() == nil
	})
	program := th.act("dial=" + place.Address)
	require.Zero(t, program.ended(t).Code)
	assert.Contains(t, program.stdout.String(), "dial "+place.Address+": yes")
	inspected := inspect(t, e, id(service))
	assert.Zero(t, inspected.HostConfig.Memory)
	assert.Contains(t, inspected.HostConfig.Tmpfs, path.Clean(place.Scratch))
	require.NoError(t, th.stage.Close())
	assert.Empty(t, left(t, e, th.run))
}
