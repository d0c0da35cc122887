package runner

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
)

// maxTargets bounds the entries of one event: a program may open files that are not
// alike.
const maxTargets = 50

// listDescriptors records what the program holds open, where the engine can tell. Each
// descriptor costs a call, so this is done between phases and not with every sample.
func (x *execution) listDescriptors() {
	if x.runner.Watch == WatchNone {
		return
	}
	// Another user's program, or too many: the count among the samples has to do.
	if targets, err := x.openTargets(); err == nil {
		x.event(harness.Event{Kind: harness.EventDescriptors, Targets: most(targets, maxTargets)})
	}
}

var errUntold = errors.New("nobody can tell what the program holds open")

// openTargets asks the engine, or where that cannot tell a script itself.
func (x *execution) openTargets() (map[string]int, error) {
	if opener, can := x.instance.(engine.Opener); can {
		if targets, err := opener.OpenTargets(); err == nil {
			return targets, nil
		}
	}
	if x.node == nil {
		return nil, errUntold
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	return x.node.OpenTargets(ctx)
}

// most keeps the targets with the highest counts, and sums up the others.
func most(targets map[string]int, n int) map[string]int {
	if len(targets) <= n {
		return targets
	}
	names := slices.SortedFunc(maps.Keys(targets), func(a, b string) int {
		return cmp.Or(cmp.Compare(targets[b], targets[a]), cmp.Compare(a, b))
	})
	kept := map[string]int{}
	for i, name := range names {
		if i >= n-1 {
			name = harness.OtherTargets
		}
		kept[name] += targets[names[i]]
	}
	return kept
}
