// Package docker runs programs in containers, through testcontainers-go, which is
// imported nowhere else: it is heavy, and it is the field's standard way to find and
// talk to a container engine (Docker, Podman, rootless, remote) from Go.
//
// A stage is a network with no way out, not even to the engine's host, on which the
// program, the peer and the scenario's services meet; the
// peer stands on the default network too and has the only published port, on
// loopback. The program runs with a hard memory limit and no swap, a CPU limit, a
// read-only root, no capabilities, no new privileges, as nobody, with a limit on
// processes. Images are built FROM scratch around static binaries, or a node binary and its
// libraries, so that no registry is needed.
//
// The package does not use the reaper of testcontainers-go: its image would have to
// be pulled. Everything carries labels instead, and Clean removes what a dead
// highwater left.
package docker

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/probe"
)

// Engine runs containers.
type Engine struct {
	provider *testcontainers.DockerProvider
	client   client.APIClient
	// Local says whether the engine's kernel is this machine's, so that control
	// groups can be read directly.
	local bool
	info  client.SystemInfoResult

	building sync.Mutex // one image at a time
	nodes    sync.Map   // images of Node.js, by the binary that they were built of
}

var _ engine.Engine = (*Engine)(nil)

// Labels on everything that highwater creates.
const (
	labelRun   = "dev.highwater.run"
	labelOwner = "dev.highwater.owner"
	labelImage = "dev.highwater.image"
)

// Connect finds a container engine that answers, or says why there is none.
func Connect(ctx context.Context) (*Engine, error) {
	// Read once by testcontainers-go, on its first use.
	if err := os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true"); err != nil {
		return nil, fmt.Errorf("connect to container engine: %w", err)
	}
	log.SetDefault(silent{}) // the library greets every new connection on standard error
	provider, err := newProvider()
	if named := os.Getenv("DOCKER_HOST"); err != nil && named != "" {
		err = fmt.Errorf("none answers at DOCKER_HOST=%s: %w", named, err)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to container engine: %w", err)
	}
	e := &Engine{provider: provider, client: provider.Client()}
	if err := asNamed(e.client.DaemonHost()); err != nil {
		provider.Close()
		return nil, err
	}
	if e.info, err = e.client.Info(ctx, client.InfoOptions{}); err != nil {
		provider.Close()
		return nil, fmt.Errorf("connect to container engine: %w", err)
	}
	e.local = isUnix(e.client.DaemonHost()) && e.info.Info.KernelVersion == kernelVersion()
	return e, nil
}

// asNamed holds the library to what the user named: where nothing answers at
// DOCKER_HOST it goes on to the usual sockets, and containers would start elsewhere
// than they were wanted.
func asNamed(found string) error {
	if named := os.Getenv("DOCKER_HOST"); named != "" && named != found {
		return fmt.Errorf("connect to container engine: none answers at DOCKER_HOST=%s; unset it to use the one at %s", named, found)
	}
	return nil
}

// newProvider turns the panic by which testcontainers-go says that it found no
// engine into an error.
func newProvider() (provider *testcontainers.DockerProvider, err error) {
	defer func() {
		if told := recover(); told != nil {
			err = fmt.Errorf("%v", told)
		}
	}()
	return testcontainers.NewDockerProvider(testcontainers.WithLogger(silent{}))
}

// silent keeps the library's progress messages off the terminal.
type silent struct{}

var _ log.Logger = silent{}

func (silent) Printf(string, ...any) {}

// Name is "docker".
func (e *Engine) Name() string { return "docker" }

// Close ends the connection.
func (e *Engine) Close() error { return e.provider.Close() }

// Facts describes the engine and its host.
func (e *Engine) Facts(context.Context) map[string]string {
	info := e.info.Info
	return map[string]string{
		"engine":         "docker " + info.ServerVersion,
		"engine_host":    e.client.DaemonHost(),
		"os":             info.OperatingSystem,
		"arch":           info.Architecture,
		"kernel":         info.KernelVersion,
		"cpus":           strconv.Itoa(info.NCPU),
		"memory_bytes":   strconv.FormatInt(info.MemTotal, 10),
		"cgroup_version": info.CgroupVersion,
		"storage":        info.Driver,
	}
}

// AvailableMemory is what this machine could give when the engine's kernel is its
// own, else all that the engine's host has. The own control group counts, too: an
// engine that runs in the same container as highwater shares its limit.
func (e *Engine) AvailableMemory(ctx context.Context) (harness.Bytes, error) {
	if !e.local {
		return harness.Bytes(e.info.Info.MemTotal), nil
	}
	return probe.AvailableMemory(ctx)
}

// Platform is the engine's, whatever this machine is.
func (e *Engine) Platform() (goos, goarch string) {
	switch e.info.Info.Architecture {
	case "x86_64":
		return "linux", "amd64"
	case "aarch64":
		return "linux", "arm64"
	}
	return "linux", runtime.GOARCH
}
