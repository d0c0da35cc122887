package runner

import (
	"context"
	"net/http"
	"time"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/probe"
)

// debugPort is what the program's runtime tells of itself.
type debugPort interface {
	// Sample adds the runtime's figures to values.
	Sample(ctx context.Context, values map[harness.Metric]float64) error
	// HeapProfile is what is alive right after a collection, as a gzipped profile.
	HeapProfile(ctx context.Context) ([]byte, error)
}

// openDebugPort finds the debug port, where the program has one and is to be asked. A script of Node.js waits
// with its first line until that is done; one that ends before is never ready, which is no
// error here.
func (x *execution) openDebugPort(ctx context.Context) (opened bool, err error) {
	client := &http.Client{Timeout: profileTimeout}
	switch {
	case x.runner.Watch == WatchNone:
	case x.variant.Node != nil, x.variant.InspectPort != 0:
		return x.openInspector(ctx, client)
	case x.variant.Go != "" || x.variant.DebugPort != 0:
		x.debug = &probe.Go{Base: x.peer.DebugURL(), HTTP: client}
	}
	return true, nil
}

// openInspector waits for a script's inspector, opens it, and lets the script begin.
func (x *execution) openInspector(ctx context.Context, client *http.Client) (opened bool, err error) {
	var node *probe.Node
	opened, err = x.await(ctx, func() (err error) {
		node, err = probe.OpenNode(ctx, x.peer.DebugURL(), client, x.runner.Watch != WatchCounters)
		return err
	})
	if !opened {
		return false, err
	}
	x.debug, x.node = node, node
	version, err := node.Begin(ctx)
	if err != nil {
		x.event(harness.Event{Kind: harness.EventWarning, Text: err.Error()}) // that it never began is seen next
		return true, nil
	}
	x.event(harness.Event{Kind: harness.EventRuntime, Text: "Node.js " + version})
	return true, nil
}

// closeDebugPort lets go of the program. An inspector that was opened for this run is shut.
func (x *execution) closeDebugPort() {
	if x.node == nil {
		return
	}
	if guest, is := x.runner.Engine.(engine.Guest); is && guest.OpenedInspector() {
		ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
		defer cancel()
		if err := x.node.ShutInspector(ctx); err != nil && !endsWithin(ctx, x.instance, 0) {
			x.event(harness.Event{Kind: harness.EventWarning, Text: "the inspector stays open: " + err.Error()})
		}
	}
	x.node.Close()
}

// seldom lets few of a sampler's questions through: Node.js answers between two of the
// program's own callbacks, and each answer costs it a millisecond or more.
func seldom(every time.Duration, ask func(context.Context) (map[harness.Metric]float64, error)) func(context.Context) (map[harness.Metric]float64, error) {
	var last time.Time
	return func(ctx context.Context) (map[harness.Metric]float64, error) {
		if time.Since(last) < every {
			return nil, nil
		}
		last = time.Now()
		return ask(ctx)
	}
}
