package docker

import (
	"context"

	"github.com/moby/moby/client"

	"github.com/highwater-dev/highwater/harness/engine"
)

// HoldLate starts a stage's network holder when begin is closed, as a slow engine does.
func HoldLate(on engine.Stage, image string, begin <-chan struct{}) {
	s := on.(*stage)
	settled := make(chan error, 1)
	s.holder = settled
	go func() {
		<-begin
		settled <- s.hold(context.Background(), image)
	}()
}

// Client is the connection, for looking at what was started.
func (e *Engine) Client() client.APIClient { return e.client }

// Local says whether control groups are read directly; SetLocal plays an engine on
// another machine.
func (e *Engine) Local() bool { return e.local }

// SetLocal is the other half of Local.
func (e *Engine) SetLocal(local bool) { e.local = local }

// Remove is what Close does with each container.
func Remove(ctx context.Context, one engine.Instance) error { return one.(*instance).remove(ctx) }

// Labels of what highwater creates.
const (
	LabelRun   = labelRun
	LabelOwner = labelOwner
)

// Docker is the number of an instance's container.
func (i *instance) Docker() string { return i.id }
