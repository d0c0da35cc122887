package runner

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

const readyEvery = 20 * time.Millisecond

// waitReady waits until the program is connected or listening.
func (x *execution) waitReady(ctx context.Context) (bool, error) {
	return x.await(ctx, func() error { return x.peer.Ready(ctx) })
}

// await tries until it succeeds. A program that ends before, or takes too long, is never
// ready; that is no error here.
func (x *execution) await(ctx context.Context, try func() error) (bool, error) {
	deadline := time.NewTimer(time.Duration(x.scenario.Ready))
	defer deadline.Stop()
	var last error
	for {
		if last = try(); last == nil {
			return true, nil
		}
		select {
		case <-ctx.Done():
			return false, nil
		case <-x.instance.Done():
			x.event(harness.Event{Kind: harness.EventNeverReady, Text: "the program ended before it was ready: " + last.Error()})
			return false, nil
		case <-deadline.C:
			x.event(harness.Event{Kind: harness.EventNeverReady, Text: fmt.Sprintf("not ready after %s: %s", x.scenario.Ready, last)})
			return false, nil
		case <-time.After(readyEvery):
		}
	}
}

// described is what the engine knows of the program only once it runs.
func (x *execution) described() string {
	facts := map[string]string{}
	x.instance.Describe(facts)
	var told []string
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		if facts[name] != "" {
			told = append(told, name+": "+facts[name])
		}
	}
	return strings.Join(told, "; ")
}
