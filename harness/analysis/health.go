package analysis

import (
	"slices"

	"github.com/highwater-dev/highwater/harness"
)

// Health is what a run's probes met, and what its database said meanwhile.
type Health struct {
	Sent, Failed float64
	// Latencies in seconds; a probe without an answer took as long as it was allowed to.
	Median, P95, Longest float64
	// Late is the same for the run's last phase, in which a remedy has taken hold.
	Late *Health
	// Phase is what that phase is called.
	Phase string
	// Database has a line for each figure; empty without a database.
	Database []DatabaseFigure
}

// DatabaseFigure is a count of the database's: the highest, and the usual one in the last phase.
type DatabaseFigure struct {
	Name       string
	Peak, Late float64
}

// databaseFigures are shown in this order.
var databaseFigures = []struct {
	metric harness.Metric
	name   string
}{
	{harness.DBConnections, "connections"}, {harness.DBActive, "running a query"},
	{harness.DBClientWrites, "waiting in ClientWrite"}, {harness.DBLocks, "locks held"},
}

// health is nil for a run without probes.
func (e *evidence) health() *Health {
	sent := e.of(harness.ProbesTotal)
	if !sent.known() || len(e.phases) == 0 {
		return nil
	}
	h := e.probed(0, e.end)
	last := e.phases[len(e.phases)-1]
	h.Phase, h.Late = last.Name, e.probed(last.From, last.To)
	for _, one := range databaseFigures {
		if track := e.of(one.metric).between(0, e.end); track.known() {
			peak, _ := track.peak()
			h.Database = append(h.Database, DatabaseFigure{one.name, peak, quantile(track.between(last.From, last.To).v, 0.5)})
		}
	}
	return h
}

// probed counts the probes that were answered, or given up, in a span. The peer tells
// the longest latency since the sample before: nearly each probe's own, at this pace.
func (e *evidence) probed(from, to float64) *Health {
	sent, worst := e.of(harness.ProbesTotal), e.of(harness.ProbeWorst)
	h := &Health{Failed: e.of(harness.ProbesFailed).rise(from, to)}
	if from == 0 { // the first sample counts, too
		h.Failed, from = e.of(harness.ProbesFailed).at(to), -1
	}
	var latencies []float64
	for i, t := range sent.t {
		before := 0.0
		if i > 0 {
			before = sent.v[i-1]
		}
		if t <= from || t > to {
			continue
		}
		for range int(min(sent.v[i]-before, probesEach)) {
			latencies = append(latencies, worst.at(t))
		}
		h.Sent += sent.v[i] - before
	}
	h.Median, h.P95, h.Longest = quantile(latencies, 0.5), quantile(latencies, 0.95), quantile(latencies, 1)
	return h
}

// probesEach bounds what a sample of a damaged recording can claim.
const probesEach = 10_000

// quantile is a value that the given share of all does not pass; 0 without any.
func quantile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}
