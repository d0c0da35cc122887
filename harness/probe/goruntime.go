package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/highwater-dev/highwater/harness"
)

// Go reads a Go program through its debug port.
type Go struct {
	// Base is the URL under which the port's paths are found.
	Base string
	// HTTP is the client to use; its timeout bounds each request.
	HTTP *http.Client
}

// MetricsPath is where the file that highwater adds to Go programs serves
// runtime/metrics by their own names, as one JSON object.
const MetricsPath = "/debug/highwater/metrics"

// goMetrics are the runtime's names for what is registered here.
var goMetrics = map[string]harness.Metric{
	"/gc/heap/live:bytes":                 harness.HeapLive,
	"/memory/classes/heap/objects:bytes":  harness.HeapObjects,
	"/memory/classes/heap/unused:bytes":   harness.HeapUnused,
	"/memory/classes/heap/free:bytes":     harness.HeapFree,
	"/memory/classes/heap/released:bytes": harness.HeapReleased,
	"/memory/classes/heap/stacks:bytes":   harness.Stacks,
	"/memory/classes/total:bytes":         harness.RuntimeTotal,
	"/gc/cycles/total:gc-cycles":          harness.Collections,
	"runtime_other":                       harness.RuntimeOther,
	"/sched/goroutines:goroutines":        harness.Goroutines,
	"descriptors":                         harness.Descriptors,
}

// Sample adds what the runtime says to values.
func (g *Go) Sample(ctx context.Context, values map[harness.Metric]float64) error {
	body, err := g.get(ctx, MetricsPath)
	if err != nil {
		return err
	}
	var told map[string]float64
	if err := json.Unmarshal(body, &told); err != nil {
		return fmt.Errorf("read runtime metrics: %w", err)
	}
	for name, value := range told {
		if metric, known := goMetrics[name]; known {
			values[metric] = value
		}
	}
	return nil
}

// HeapProfile takes a heap profile right after a collection: without one it would lag
// by up to two collections. The collection changes the run; twins share its schedule.
func (g *Go) HeapProfile(ctx context.Context) ([]byte, error) {
	return g.get(ctx, "/debug/pprof/heap?gc=1")
}

// GoroutineProfile takes the stacks of all goroutines.
func (g *Go) GoroutineProfile(ctx context.Context) ([]byte, error) {
	return g.get(ctx, "/debug/pprof/goroutine")
}

// GoroutineLeakProfile takes the stacks of the goroutines that nothing can wake any
// more; it costs a collection or two. Only programs of Go 1.26 that were built with its
// experiment, and later ones, have it.
func (g *Go) GoroutineLeakProfile(ctx context.Context) ([]byte, error) {
	return g.get(ctx, "/debug/pprof/goroutineleak")
}

func (g *Go) get(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.Base+path, nil)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", path, err)
	}
	response, err := g.HTTP.Do(request)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %s", response.Status)
	}
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", path, err)
	}
	return body, nil
}
