package reports

import (
	"math"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
)

// track is what a run is drawn from, from the beginning of the load on: the very
// numbers of the judgement. What was not measured is not a number.
type track struct {
	points []point
	phases []phaseBand
	end    float64 // seconds since the load began
	health *analysis.Health
}

// point is one moment of a run.
type point struct {
	seconds float64 // since the load began
	anon    float64 // bytes
	backlog float64 // bytes
	source  float64 // share of time in which the source could not write, 0 to 1
	sink    float64 // share of time in which unread bytes lay at the sink, 0 to 1
	probe   float64 // seconds until the last health probes were answered
	active  float64 // connections of the database that run a query
}

// newTrack reads a recording for charts; nil without one.
func newTrack(run *harness.Recording) *track {
	if run == nil {
		return nil
	}
	s := analysis.NewSeries(run)
	t := &track{health: s.Health}
	for _, p := range s.Points {
		if p.Seconds < 0 {
			continue
		}
		t.end = max(t.end, p.Seconds)
		t.points = append(t.points, point{
			seconds: p.Seconds, anon: known(s.HasMemory, p.AnonBytes), backlog: known(s.HasBacklog, p.BacklogBytes),
			source: known(s.HasSourcePressure, p.SourcePressure), sink: known(s.HasSinkPressure, p.SinkPressure),
			probe: known(s.HasProbes, p.ProbeSeconds), active: known(s.HasDatabase, p.DatabaseActive),
		})
	}
	for _, phase := range s.Phases {
		t.phases = append(t.phases, phaseBand{name: phase.Name, from: phase.From, to: phase.To})
	}
	return t
}

func known(recorded bool, value float64) float64 {
	if !recorded {
		return math.NaN()
	}
	return value
}
