package analysis

import "github.com/highwater-dev/highwater/harness"

// Series is a run over time as the judgement saw it, for charts.
type Series struct {
	Points []Point
	// Floors are the live heap right after forced collections.
	Floors []Floor
	Phases []PhaseSpan
	// BoundBytes and LimitBytes are what applied; LimitBytes is 0 without a limit.
	BoundBytes, LimitBytes float64
	// Which values of the points were recorded at all.
	HasMemory, HasBacklog, HasSinkPressure, HasSourcePressure bool
	HasProbes, HasDatabase                                    bool
	// Health sums the probes up; nil without any.
	Health *Health
}

// Point is a moment: values not sampled at it are the last known ones.
type Point struct {
	Seconds      float64 // since the beginning of the load
	AnonBytes    float64
	BacklogBytes float64
	BacklogRows  float64
	TakenBytes   float64
	// DeliveredBytes is measured in the source's bytes: taken minus delivered, less
	// what lies in kernel queues, is the backlog whatever the program makes of a row.
	DeliveredBytes float64
	// SinkPressure and SourcePressure are shares, 0 to 1, of the second before.
	SinkPressure, SourcePressure float64
	// ProbeSeconds is the latency of the last health probes; DatabaseActive is how many
	// connections are running a query.
	ProbeSeconds, DatabaseActive float64
}

// Floor is the live heap after a collection that was asked for.
type Floor struct{ Seconds, Bytes float64 }

// NewSeries reads a recording for charts.
func NewSeries(rec *harness.Recording) *Series {
	if rec == nil {
		rec = &harness.Recording{}
	}
	return gather(rec).series()
}

func (e *evidence) series() *Series {
	s := &Series{Phases: e.phases, BoundBytes: e.bound, LimitBytes: e.limit,
		HasMemory: e.anon.known(), HasBacklog: e.backlog.known(),
		HasSinkPressure:   e.of(harness.SinkUnreadSeconds).known(),
		HasSourcePressure: e.of(harness.SourceBlockedSeconds).known(),
		HasProbes:         e.of(harness.ProbesTotal).known(), HasDatabase: e.of(harness.DBActive).known(),
		Health: e.health()}
	for i := range e.floors.len() {
		s.Floors = append(s.Floors, Floor{e.floors.t[i], e.floors.v[i]})
	}
	for _, t := range e.moments {
		s.Points = append(s.Points, Point{Seconds: t, AnonBytes: e.anon.at(t),
			BacklogBytes: e.backlog.at(t), BacklogRows: e.backlogRows.at(t),
			TakenBytes: e.of(harness.SourceBytes).at(t), DeliveredBytes: e.delivered.at(t),
			SinkPressure: e.sinkPressure(t-window, t), SourcePressure: e.sourcePressure(t-window, t),
			ProbeSeconds: e.of(harness.ProbeWorst).at(t), DatabaseActive: e.of(harness.DBActive).at(t)})
	}
	return s
}

// sinkPressure is the share of a span in which unread bytes waited for the sink.
func (e *evidence) sinkPressure(from, to float64) float64 {
	return share(e.of(harness.SinkUnreadSeconds), e.of(harness.SinkConnectionSeconds), from, to)
}

// sourcePressure is the share of a span in which the source could not write.
func (e *evidence) sourcePressure(from, to float64) float64 {
	return share(e.of(harness.SourceBlockedSeconds), e.of(harness.SourceConnectionSeconds), from, to)
}

// slowShare is a pressure over all slow stretches.
func (e *evidence) slowShare(part, whole harness.Metric) float64 {
	var waited, total float64
	for _, span := range e.slow {
		waited += e.of(part).rise(span.From, span.To)
		total += e.of(whole).rise(span.From, span.To)
	}
	if total < 0.02 {
		return 0
	}
	return min(max(waited/total, 0), 1)
}
