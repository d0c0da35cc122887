// Package machine says what a test needs from its machine where finding that out takes
// a client of its own. It stands beside package require so that a test that needs a
// program only, and a module that imports such a test's package, does not bring a
// container engine's client with it.
package machine

import (
	"context"
	"testing"

	"github.com/highwater-dev/highwater/harness/engine/docker"
	"github.com/highwater-dev/highwater/harness/internal/require"
	"github.com/highwater-dev/highwater/harness/service"
)

// Docker needs a container engine that answers.
func Docker(t testing.TB) {
	t.Helper()
	require.Need(t, "docker", func(ctx context.Context) error {
		engine, err := docker.Connect(ctx)
		if err != nil {
			return err
		}
		return engine.Close()
	})
}

// Postgres needs an installation of PostgreSQL on this machine, and returns the folder of
// its programs.
func Postgres(t testing.TB) (bin string) {
	t.Helper()
	require.Need(t, "postgres", func(context.Context) (err error) {
		bin, err = service.FindInstalled()
		return err
	})
	return bin
}
