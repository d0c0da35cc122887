// Package attach is the engine for a program that already runs: somebody else started
// it, and goes on needing it. Nothing is built, started, restarted, signalled or ended
// but the peer, which stands on loopback as with local processes.
//
// What the program is, and how it is looked at, is its [Target]'s business: a container
// by the docker engine, a process by the process engine. The package judges nothing
// and never talks to the program itself.
package attach

import (
	"context"
	"errors"
	"maps"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
)

// Target is a program that runs and can be watched.
type Target interface {
	// Facts describes it for run.json.
	Facts() map[string]string
	// Limit is the memory limit that holds for it; 0 where there is none.
	Limit() harness.Bytes
	// Watch begins to watch. Stopping the instance ends the watching, never the program.
	Watch(ctx context.Context, program engine.Program) (engine.Instance, error)
}

// Engine lets the peer come to a program that runs.
type Engine struct {
	Target Target
	// Beside is the engine that starts the peer.
	Beside engine.Engine
	// Download and Debug are the program's ports as the peer sees them, host:port.
	// Debug may be empty.
	Download, Debug string
	// Signalled says that the program was told to open its inspector.
	Signalled bool
}

var (
	_ engine.Engine = Engine{}
	_ engine.Guest  = Engine{}
)

// OpenedInspector implements engine.Guest.
func (e Engine) OpenedInspector() bool { return e.Signalled }

// Name is "attach".
func (Engine) Name() string { return "attach" }

// Facts describes this machine and the program.
func (e Engine) Facts(ctx context.Context) map[string]string {
	facts := e.Beside.Facts(ctx)
	maps.Copy(facts, e.Target.Facts())
	return facts
}

// AvailableMemory counts the program's own limit as available: it runs already, and
// nothing has to be set aside for it.
func (e Engine) AvailableMemory(ctx context.Context) (harness.Bytes, error) {
	available, err := e.Beside.AvailableMemory(ctx)
	return available + e.Target.Limit(), err
}

// HasImage is no: nothing is started from one.
func (Engine) HasImage(context.Context, string) bool { return false }

// Platform is that of the machine where the peer runs.
func (e Engine) Platform() (goos, goarch string) { return e.Beside.Platform() }

// Stage prepares nothing but the peer's place. The program's ports are taken, by the
// program, and so they are none of the stage's.
func (e Engine) Stage(ctx context.Context, run string, _ engine.Ports) (engine.Stage, error) {
	beside, err := e.Beside.Stage(ctx, run, engine.Ports{})
	if err != nil {
		return nil, err
	}
	return &stage{Stage: beside, of: e}, nil
}

// stage is one run beside a program.
type stage struct {
	engine.Stage
	of      Engine
	watched engine.Instance
}

// StartPeer starts the peer, and tells it where the program is.
func (s *stage) StartPeer(ctx context.Context, spec engine.PeerSpec) (engine.Peer, error) {
	arguments := spec.Arguments
	spec.Arguments = func(layout engine.Layout) ([]string, error) {
		layout.Download, layout.Debug = s.of.Download, s.of.Debug
		return arguments(layout)
	}
	return s.Stage.StartPeer(ctx, spec)
}

// StartProgram starts nothing: it begins to watch.
func (s *stage) StartProgram(ctx context.Context, program engine.Program) (engine.Instance, error) {
	watched, err := s.of.Target.Watch(ctx, program)
	if err != nil {
		return nil, err
	}
	s.watched = watched
	return watched, nil
}

// Close ends the watching, and then the peer.
func (s *stage) Close() error {
	var failed error
	if s.watched != nil {
		failed = s.watched.Stop(0)
	}
	return errors.Join(failed, s.Stage.Close())
}
