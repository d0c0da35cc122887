package analysis

import (
	"fmt"
	"math"

	"github.com/highwater-dev/highwater/harness"
)

// slowLeak: the floor rises with finished operations, significantly, in the first and
// in the second half of the run, however little, and is still there at the end: what a
// crowd under way holds goes with it. Where profiles took long and gave few floors, those of
// all collections do. Anonymous memory stands in where no floor is known, but only beyond
// the bound: it carries garbage.
func (e *evidence) slowLeak() (finding, bool) {
	done, floor, least := e.operations(), e.floors, slowLeakRise
	if floor.len() < slowLeakFloors {
		floor = e.toldFloors()
	}
	if floor.len() < slowLeakFloors {
		if !e.beyondByMemory() {
			return finding{}, false
		}
		floor, least = e.anon.minima(0.5), noise
	}
	from := min(warmUp, e.end/4)
	floor = floor.between(from, math.Inf(1))
	if floor.len() < slowLeakFloors || done.rise(from, e.end) < operationsEnough {
		return finding{}, false
	}
	_, rising := rises(floor)
	each := slopeOver(done, floor)
	half := floor.len() / 2
	early := slopeOver(done, &track{floor.t[:half], floor.v[:half]})
	late := slopeOver(done, &track{floor.t[half:], floor.v[half:]})
	rise := each * done.rise(floor.t[0], floor.t[floor.len()-1])
	stayed := floor.last() - floor.v[0]
	if !rising || rise < least || early <= 0 || late < 0.3*each || stayed < rise/2 {
		return finding{}, false
	}
	return finding{fmt.Sprintf("the live heap right after a collection rose by %s over %s, %s each, and went on rising",
		human(rise), count(done.rise(from, e.end), "finished operation"), human(each)), floor.t[floor.len()-1]}, true
}

func slopeOver(x, y *track) float64 {
	few := y.thinned(200)
	return theilSen(few.along(x), few.v)
}

// unknown: memory ended it, or it held more than its bound, and nothing above is shown.
func (e *evidence) unknown() (finding, bool) {
	switch {
	case e.sourceless() && (e.outcome.Died() || e.beyondByMemory()):
		return finding{e.heldForClients(), e.passed(e.held, e.held.at(0)+e.room())}, true
	case e.outcome.Died():
		return finding{fmt.Sprintf("memory grew by %s%s, and what it follows is not shown (backlog at most %s, bound %s)",
			human(e.growth), e.eachRow(e.growth, e.end), human(e.backlogPeak), human(e.bound)), e.end}, true
	case e.beyondByMemory():
		return finding{fmt.Sprintf("it held %s more than at the beginning of the load%s (bound %s), and what that follows is not shown (backlog at most %s)",
			human(e.heldGrowth), e.eachRow(e.heldGrowth, e.heldAt), human(e.bound), human(e.backlogPeak)), e.passed(e.held, e.held.at(0)+e.room())}, true
	case e.beyondByBacklog():
		return finding{fmt.Sprintf("%s were taken and not delivered (bound %s), without a trend that says why",
			human(e.backlogPeak), human(e.bound)), e.passed(e.backlog, e.bound)}, true
	}
	return finding{}, false
}

// eachRow is a growth over the rows that were delivered by then: a program that keeps
// something of each shows how much.
func (e *evidence) eachRow(growth, until float64) string {
	rows := e.of(harness.SinkRows).at(until)
	if !e.recognised || rows < operationsEnough {
		return ""
	}
	return fmt.Sprintf(", %s for each row delivered", human(growth/rows))
}

// none: nothing to blame the program for. Whether that acquits it is up to what the
// scenario engages.
func (e *evidence) none() (finding, bool) {
	if len(e.moments) == 0 {
		return finding{"nothing was measured since the load began", e.end}, true
	}
	if e.outcome != harness.OutcomeCompleted {
		return finding{fmt.Sprintf("memory is not to blame: %s grew by %s", e.heldName(), human(e.heldGrowth)), e.end}, true
	}
	return finding{e.acquittal(), e.end}, true
}

// heldName says what heldGrowth was measured on.
func (e *evidence) heldName() string {
	if e.held == e.anon {
		return "memory"
	}
	if e.outside.at(e.heldAt) > noise {
		return "the live heap with what lies outside it"
	}
	return "the live heap"
}

func (e *evidence) acquittal() string {
	clause := fmt.Sprintf("%s grew by %s", e.heldName(), human(e.heldGrowth))
	switch {
	case !e.backlog.known() || !e.lossless:
	case e.backlogPeak > e.bound:
		clause = fmt.Sprintf("of up to %s taken and not delivered only a part lay in the program: %s", human(e.backlogPeak), clause)
	default:
		clause = fmt.Sprintf("never more than %s were taken and not delivered (bound %s), and %s", human(e.backlogPeak), human(e.bound), clause)
	}
	if len(e.slow) > 0 && e.of(harness.SinkUnreadSeconds).known() {
		unread := e.slowShare(harness.SinkUnreadSeconds, harness.SinkConnectionSeconds)
		clause += fmt.Sprintf(", while the sink was slow (unread bytes waited %s of the time)", percent(unread))
		if e.of(harness.SourceBlockedSeconds).known() {
			clause += fmt.Sprintf(": the source was made to wait %s of the time",
				percent(e.slowShare(harness.SourceBlockedSeconds, harness.SourceConnectionSeconds)))
		}
	}
	if e.endedWell && e.recognised && e.missing == 0 && e.leftEarly() == 0 {
		order := "and in order"
		if e.of(harness.SinkReordered).last() > 0 {
			order = "though not in order"
		}
		clause += fmt.Sprintf(". All %s arrived once %s", count(e.of(harness.SinkRows).last(), "row"), order)
	}
	return clause
}
