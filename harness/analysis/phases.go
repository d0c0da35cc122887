package analysis

import (
	"math"
	"slices"

	"github.com/highwater-dev/highwater/harness"
)

// PhaseSpan is a phase as it happened, in seconds since the beginning of the load.
type PhaseSpan struct {
	Name     string
	From, To float64
	// Slow says that the sink read slower than it could; Stopped that it did not read.
	Slow, Stopped bool
}

// phaseSpans lays the phases out. A recording that lost its phase events is taken to
// be in the scenario's first phase throughout.
func phaseSpans(rec *harness.Recording, end float64) []PhaseSpan {
	plan := map[string]harness.Phase{}
	for _, phase := range rec.Info.Scenario.Sink.Phases {
		plan[phase.Name] = phase
	}
	var spans []PhaseSpan
	begin := func(name string, at float64) {
		if len(spans) > 0 {
			spans[len(spans)-1].To = at
		}
		phase := plan[name]
		spans = append(spans, PhaseSpan{Name: name, From: at, To: end,
			Slow: slows(phase), Stopped: phase.StopReading})
	}
	for _, event := range rec.Events {
		if at := event.Seconds - rec.LoadStart(); event.Kind == harness.EventPhase && sane(at) && (at < end || len(spans) == 0) {
			begin(event.Phase, at)
		}
	}
	if len(spans) == 0 && len(plan) > 0 {
		begin(rec.Info.Scenario.Sink.Phases[0].Name, 0)
	}
	return spans
}

// slowStretches joins adjacent slow phases.
func slowStretches(spans []PhaseSpan) []PhaseSpan {
	var stretches []PhaseSpan
	joined := false
	for _, span := range spans {
		switch {
		case !span.Slow:
			joined = false
		case joined:
			stretches[len(stretches)-1].To = span.To
			stretches[len(stretches)-1].Stopped = false
		default:
			stretches, joined = append(stretches, span), true
		}
	}
	return stretches
}

// phaseAt names the phase at a moment; the first one before all phases.
func phaseAt(spans []PhaseSpan, t float64) string {
	name := ""
	for i, span := range spans {
		if i == 0 || span.From <= t {
			name = span.Name
		}
	}
	return name
}

// endings are the events that mark the end of a program's own time. The exit itself
// may be recorded later: what an ended program left on the way is read first.
var endings = map[harness.EventKind]bool{
	harness.EventOOM: true, harness.EventLimit: true, harness.EventFrozen: true, harness.EventStalled: true,
	harness.EventStop: true, harness.EventTimeout: true, harness.EventInterrupted: true, harness.EventNeverReady: true,
	harness.EventExit: true,
}

// endOf is when the run ended, in seconds since the beginning of the load: the first
// event that ended it, else the last that was heard of it. A phase that the scenario
// does not have begins when the program has gone.
func endOf(rec *harness.Recording) float64 {
	start := rec.LoadStart()
	if !sane(start) {
		return 0
	}
	own := map[string]bool{}
	for _, phase := range rec.Info.Scenario.Sink.Phases {
		own[phase.Name] = true
	}
	first, last := math.Inf(1), 0.0
	for _, event := range rec.Events {
		t := event.Seconds - start
		if !sane(t) {
			continue
		}
		if endings[event.Kind] || event.Kind == harness.EventPhase && len(own) > 0 && !own[event.Phase] {
			first = min(first, t)
		}
		last = max(last, t)
	}
	for _, sample := range rec.Samples {
		if t := sample.Seconds - start; sane(t) {
			last = max(last, t)
		}
	}
	return max(min(first, last), 0)
}

// slows says whether the peer may push back in a phase, on some connections at least.
func slows(phase harness.Phase) bool {
	return phase.PushesBack() || slices.ContainsFunc(phase.Some, func(s harness.Some) bool { return s.PushesBack() })
}
