package analysis

import (
	"fmt"

	"github.com/highwater-dev/highwater/harness"
)

// sourceless: what the program takes in comes from elsewhere, and nobody here counted
// it. Then there is no backlog, and the verdict rests on memory.
func (e *evidence) sourceless() bool {
	return e.rec.Info.Scenario.Source == nil && !e.of(harness.SourceBytes).known()
}

// pressedBack: without a source, what was moved on each connection tells whether the
// program ever had to wait. What fits into the kernel's buffers it could write at once,
// and be done with, however slowly its client reads.
func (e *evidence) pressedBack(unread float64) (bool, string) {
	to := e.slow[len(e.slow)-1].To
	opened := e.of(harness.SinkConnectionsTotal).at(to)
	if opened < 1 {
		return false, "no client was connected"
	}
	each := e.mostMoved(to) / opened
	hides := kernelHides
	if e.of(harness.SinkFinished).at(to) > 0 { // else more may be to come
		hides = max(hides, 1.5*e.mostQueued(to))
	}
	if each <= hides {
		return false, fmt.Sprintf("nothing pushed back on the program: %s were moved on each of %s, which fit into the kernel's buffers; it takes longer answers",
			human(each), count(opened, "connection"))
	}
	return true, fmt.Sprintf("unread bytes waited for the clients %s of the time, and %s were moved on each of %s",
		percent(unread), human(each), count(opened, "connection"))
}

// mostMoved is the most that the program was seen to have written by a moment. It never falls, but what
// lies in the queues is gone as soon as clients leave, a moment before that is noted.
func (e *evidence) mostMoved(until float64) (most float64) {
	for _, t := range e.moments {
		if t <= until {
			most = max(most, e.of(harness.SinkBytes).at(t)+e.onTheWay(t))
		}
	}
	return most
}

// mostQueued is the most that lay in kernel queues for each open connection.
func (e *evidence) mostQueued(until float64) float64 {
	most := 0.0
	for _, t := range e.moments {
		if open := e.of(harness.SinkConnections).at(t); t <= until && open >= 1 {
			most = max(most, e.onTheWay(t)/open)
		}
	}
	return most
}

// heldForClients says how much was held beyond the beginning, for how many clients, and
// what became of it when they had left.
func (e *evidence) heldForClients() string {
	clause := fmt.Sprintf("it held %s more than at the beginning of the load", human(e.heldGrowth))
	if open := e.mostOpen(); open >= 1 {
		clause += fmt.Sprintf(", %s for each of %s that read slowly", human(e.heldGrowth/open), count(open, "client"))
	}
	clause += fmt.Sprintf(" (bound %s)", human(e.bound))
	if e.stillRising() {
		clause += ", and it was rising as long as they read"
	} else {
		clause += ", and stayed at that"
		e.note("memory rose at once and then stayed level: should that be what clients cost by design, as where each has a process of its own, the bound has to allow it")
	}
	switch rest, left := e.afterLeaving(); {
	case left && rest < e.heldGrowth/10:
		clause += "; it let go of it when they had left"
	case left:
		clause += fmt.Sprintf("; it still held %s more when they had left", human(rest))
	}
	return clause
}

// stillRising says whether memory went on growing in the last half of the slow stretch.
// What rises at once and then stays level has a bound of its own.
func (e *evidence) stillRising() bool {
	if len(e.slow) == 0 {
		return true
	}
	last := e.slow[len(e.slow)-1]
	to := min(last.To, e.alive)
	half := e.held.between((last.From+to)/2, to)
	slope, rising := rises(half.thinned(60))
	return rising && half.len() > 1 && slope*(half.t[half.len()-1]-half.t[0]) >= e.bound/8
}

// afterLeaving is how much more than at the beginning is held at the end of a phase in
// which all clients leave.
func (e *evidence) afterLeaving() (rest float64, left bool) {
	for _, phase := range e.rec.Info.Scenario.Sink.Phases {
		for _, span := range e.phases {
			if to := min(span.To, e.alive); phase.Leave && span.Name == phase.Name && to-span.From >= window {
				held := e.held.between(to-window, to)
				return max(lowest(held)-e.held.at(0), 0), held.len() > 0
			}
		}
	}
	return 0, false
}

// grewBeforeLeaving says whether memory grew without a source, and as much as a quarter of
// that before the first connection was left: then it does not follow those that were,
// however well a line that rises all the time goes with them.
func (e *evidence) grewBeforeLeaving() bool {
	first := e.passed(e.of(harness.SinkDeparted), 0)
	before, _ := e.held.between(0, first).peak()
	return e.sourceless() && before-e.held.at(0) > e.heldGrowth/4
}
