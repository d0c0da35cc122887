package runner

import (
	"context"
	"fmt"
	"time"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
)

const (
	stopGrace = 2 * time.Second
	// afterExit bounds the reading of what an ended program left in the sockets;
	// when nothing moves for afterExitStill there is nothing left.
	afterExit      = 15 * time.Second
	afterExitStill = 1 * time.Second
	// arrivedFor is how long a program that has delivered everything may take to
	// close its connections, before it is seen that it keeps them.
	arrivedFor = 2 * time.Second
	// leavesWithin is how long a program that has closed its connections is given to end
	// by itself; an engine reports an end after up to half a second.
	leavesWithin = 1 * time.Second
)

// drain sees whether everything taken has been delivered and nothing more can come.
type drain struct{ arrived time.Time }

// complete: where clients come, all have ended; else every stream was offered to
// its end, and either the program closed its connections, or the sink has had every
// row for a while: a service may keep its connection for the next export.
func (d *drain) complete(values map[harness.Metric]float64, sink harness.Sink, now time.Time) bool {
	if sink.Kind.Comes() {
		over := values[harness.SinkFinished] + values[harness.SinkFailed] + values[harness.SinkDeparted]
		return values[harness.SinkClients] == 0 && over >= float64(sink.Clients)
	}
	streams := values[harness.SourceConnectionsTotal]
	if streams == 0 || values[harness.SourceEnded]+values[harness.SourceAborted] < streams {
		return false
	}
	if values[harness.SinkConnectionsTotal] > 0 && values[harness.SinkConnections] == 0 {
		return true
	}
	if values[harness.SinkRows] < values[harness.SourceRows] || values[harness.SinkUnread] > 0 {
		d.arrived = time.Time{}
		return false
	}
	if d.arrived.IsZero() {
		d.arrived = now
	}
	return now.Sub(d.arrived) >= arrivedFor
}

// leaves waits for the end of a program that has closed its connections: it is about to
// end by itself, well or not, and to stop it now would hide which. A service has no
// reason to end, unless its downloads broke off.
func (x *execution) leaves(ctx context.Context, values map[harness.Metric]float64) bool {
	stays := x.scenario.Sink.Kind.Comes() && values[harness.SinkFailed] == 0
	if stays || values[harness.SourceConnections]+values[harness.SinkConnections] > 0 {
		return false
	}
	return endsWithin(ctx, x.instance, leavesWithin)
}

// endsSoon waits for the end of a program that was killed: freeing gigabytes takes the
// kernel a second, and no phase begins for the dead.
func (x *execution) endsSoon() bool {
	return endsWithin(context.Background(), x.instance, stopGrace+stopGrace)
}

// endsWithin waits for the end of a program or peer, and says whether it came. One that
// has ended already is seen also without any wait.
func endsWithin(ctx context.Context, instance engine.Instance, wait time.Duration) bool {
	select {
	case <-instance.Done():
		return true
	default:
	}
	select {
	case <-instance.Done():
		return true
	case <-ctx.Done():
	case <-time.After(wait):
	}
	return false
}

// afterExit reads what an ended program left in the sockets on the way, without any
// throttle: it is neither lost nor held by the program.
func (x *execution) afterExit(ctx context.Context) error {
	phase := harness.Phase{Name: "after exit", Until: harness.UntilDrained}
	if err := x.peer.Phase(ctx, phase); err != nil {
		return fmt.Errorf("begin phase %s: %w", phase.Name, err)
	}
	x.setPhase(phase.Name)
	x.event(harness.Event{Kind: harness.EventPhase, Phase: phase.Name})
	var rest stillness
	for deadline := time.Now().Add(afterExit); time.Now().Before(deadline); {
		values, err := x.peer.Stats(ctx)
		if err != nil {
			return fmt.Errorf("read the last counts: %w", err)
		}
		gone := values[harness.SinkConnections] == 0 && values[harness.SourceConnections] == 0
		if gone || rest.still(values, time.Now()) > afterExitStill {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(leadEvery):
		}
	}
	return nil
}

// endProgram stops what still runs.
func (x *execution) endProgram() {
	if err := x.instance.Stop(stopGrace); err != nil {
		x.event(harness.Event{Kind: harness.EventWarning, Text: err.Error()})
	}
}
