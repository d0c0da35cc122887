package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/docker"
	"github.com/highwater-dev/highwater/harness/engine/process"
)

// engineNames are the legal values of --engine.
var engineNames = []string{"auto", "docker", "process"}

// connectTimeout bounds the search for a container engine.
const connectTimeout = 10 * time.Second

// engines finds the engine for each scenario, and connects to containers once.
type engines struct {
	wanted string
	tell   func(string)
	// only is the engine for everything, where there is no choice.
	only engine.Engine

	peers map[string]string // binaries by engine, found or built once

	tried  bool
	docker *docker.Engine
	reason error // why there is no container engine
}

// newEngines refuses what the command line and the files show to be impossible, before
// anything is started.
func newEngines(wanted string, plans []planned, tell func(string)) (*engines, error) {
	if !slices.Contains(engineNames, wanted) {
		return nil, usagef("engine %q: want one of %s", wanted, strings.Join(engineNames, ", "))
	}
	e := &engines{wanted: wanted, tell: tell}
	for _, p := range plans {
		if err := e.suits(p.scenario, p.variants); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// of finds the engine for the variants of a scenario that are to run.
func (e *engines) of(ctx context.Context, scenario *harness.Scenario, variants []harness.Variant) (engine.Engine, error) {
	onHost := slices.ContainsFunc(variants, harness.Variant.NeedsHost)
	inContainer := slices.ContainsFunc(variants, harness.Variant.NeedsContainers)
	switch {
	case e.only != nil:
		return e.only, nil
	case e.wanted == "process", e.wanted == "auto" && onHost:
		return process.Engine{}, nil
	case e.connect(ctx):
		return e.docker, nil
	case e.wanted == "docker":
		return nil, e.reason
	case inContainer:
		return nil, fmt.Errorf("run %s: an image needs a container engine: %w", scenario.ID, e.reason)
	}
	return process.Engine{}, nil
}

// suits says why no engine, or not the wanted one, can run all these variants.
func (e *engines) suits(scenario *harness.Scenario, variants []harness.Variant) error {
	host := slices.IndexFunc(variants, harness.Variant.NeedsHost)
	container := slices.IndexFunc(variants, harness.Variant.NeedsContainers)
	switch {
	case host >= 0 && container >= 0:
		return usagef("run %s: %s is a command of this machine and %s needs containers, so no engine runs both: choose with --variants",
			scenario.ID, variants[host].Name, variants[container].Name)
	case host >= 0 && e.wanted == "docker":
		return usagef("run %s: %s is a command of this machine: want --engine process, or name the image or folder that it is in", scenario.ID, variants[host].Name)
	case container >= 0 && e.wanted == "process":
		return usagef("run %s: %s needs containers: want --engine docker; the process engine runs go:, node: and command: programs", scenario.ID, variants[container].Name)
	}
	return nil
}

// connect tries once, and says so in one line when processes have to do.
func (e *engines) connect(ctx context.Context) bool {
	if !e.tried {
		e.tried = true
		limited, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		e.docker, e.reason = docker.Connect(limited)
		if e.reason != nil && e.wanted == "auto" {
			e.tell("no container engine answers: running local processes, the memory limit held by a watcher (highwater doctor says more)")
		}
	}
	return e.reason == nil
}

func (e *engines) close() {
	if e.docker != nil {
		_ = e.docker.Close()
	}
}

// peer is a highwater that the engine can run as the peer.
func (e *engines) peer(ctx context.Context, in engine.Engine) (binary string, err error) {
	if binary, found := e.peers[in.Name()]; found {
		return binary, nil
	}
	if binary, err = peerBinary(ctx, in); err != nil {
		return "", err
	}
	if e.peers == nil {
		e.peers = map[string]string{}
	}
	e.peers[in.Name()] = binary
	return binary, nil
}

// peerBinary is a highwater that the engine can run as the peer.
func peerBinary(ctx context.Context, in engine.Engine) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find own executable: %w", err)
	}
	goos, goarch := in.Platform()
	if in.Name() != "docker" || goos == runtime.GOOS && goarch == runtime.GOARCH && isStatic(self) {
		return self, nil
	}
	built, err := buildPeer(ctx, goos, goarch)
	if err != nil {
		return "", errors.Join(fmt.Errorf("build peer for %s/%s: this highwater cannot run in an empty container itself", goos, goarch), err)
	}
	return built, nil
}
