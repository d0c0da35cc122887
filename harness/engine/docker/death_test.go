package docker_test

import (
	"context"
	"errors"
	"testing"

	"github.com/moby/moby/client"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	needs "github.com/highwater-dev/highwater/harness/internal/require"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
)

// The notice has to be there by the time the end is: the last profile hangs on it.
func TestOOMKill(t *testing.T) {
	th := open(t, connect(t))
	program := th.act("grow=100")
	exit := program.ended(t)
	assert.Equal(t, harness.Exit{Code: 137, Signal: "killed", By: harness.ByKernel, OOMKilled: true}, exit)
	select {
	case kind := <-program.notices:
		assert.Equal(t, harness.EventOOM, kind)
	default:
		t.Error("the end was told without the OOM kill having been told before")
	}
	assert.Empty(t, program.notices, "one kill is told once")
}

// A parent may outlive its child's kill and exit as if nothing had been: the kernel's
// counter says what was, also after the engine's report.
func TestOOMKillOfAChild(t *testing.T) {
	e := connect(t)
	needs.Need(t, "local-docker", func(context.Context) error {
		if !e.Local() {
			return errors.New("the kernel's counter can be read on the engine's own machine only")
		}
		return nil
	})
	program := open(t, e).act("child=grow=100", "wait")
	assert.Equal(t, harness.EventOOM, <-program.notices)
	testbin.Until(t, "the kernel has counted the kill", func() bool {
		values := map[harness.Metric]float64{}
		require.NoError(t, program.Sample(values))
		assert.NotContains(t, values, harness.MemoryAnon, "what is left is no reading of the program")
		return values[harness.OOMKills] == 1
	})
}

func TestOtherEndsAreTold(t *testing.T) {
	e := connect(t)
	th := open(t, e) // several programs, one after another, on one stage
	for name, c := range map[string]struct {
		arguments []string
		kill      string // from outside
		want      harness.Exit
	}{
		"in order":             {[]string{"exit=0"}, "", harness.Exit{Code: 0, By: harness.ByProgram}},
		"with a code":          {[]string{"exit=1"}, "", harness.Exit{Code: 1, By: harness.ByProgram}},
		"with the kill's code": {[]string{"exit=137"}, "", harness.Exit{Code: 137, Signal: "killed", By: harness.ByProgram}},
		"by a panic":           {[]string{"panic=no"}, "", harness.Exit{Code: 2, By: harness.ByProgram}},
		"killed by a stranger": {[]string{"say=ready", "wait"}, "SIGKILL", harness.Exit{Code: 137, Signal: "killed", By: harness.ByProgram}},
	} {
		t.Run(name, func(t *testing.T) {
			program := th.act(c.arguments...)
			if c.kill != "" {
				program.stdout.Wait(t, "ready")
				_, err := e.Client().ContainerKill(t.Context(), id(program), client.ContainerKillOptions{Signal: c.kill})
				require.NoError(t, err)
			}
			assert.Equal(t, c.want, program.ended(t))
			assert.Empty(t, program.notices)
		})
	}
}
