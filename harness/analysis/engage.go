package analysis

import (
	"fmt"

	"github.com/highwater-dev/highwater/harness"
)

// engaged says whether what the scenario engages happened, and with which numbers.
// Without enough samples nothing did: a run that was not watched acquits nobody.
func (e *evidence) engaged() (bool, string) {
	if n := len(e.moments); n < samplesEnough {
		return false, fmt.Sprintf("only %s taken since the load began, and %d are needed", were(float64(n), "sample"), samplesEnough)
	}
	if !e.held.known() && !e.backlog.known() {
		return false, "neither memory nor a source could be read"
	}
	if !e.counted {
		return false, "neither end of the wire was counted"
	}
	if e.deaf > 0 {
		return false, fmt.Sprintf("the counts of both ends ended %s before the run did", seconds(e.deaf))
	}
	switch e.rec.Info.Scenario.Engages {
	case harness.EngagesNothing:
		return true, "nothing in particular has to happen"
	case harness.EngagesDisconnects:
		return counted(e.of(harness.SinkDeparted).last(), 1, "reader", "left early")
	case harness.EngagesErrors:
		return counted(e.of(harness.OpsFailed).last()+e.of(harness.SinkFailed).last(), 1, "operation", "failed")
	case harness.EngagesOperations:
		done := max(e.of(harness.OpsTotal).last(), e.of(harness.SinkFinished).last())
		return counted(done, operationsEnough, "operation", "finished")
	}
	return e.pressed()
}

func counted(have, want float64, noun, did string) (bool, string) {
	why := count(have, noun) + " " + did
	if have < want {
		return false, fmt.Sprintf("%s, and at least %s needed", why, is(want))
	}
	return true, why
}

// pressed: the sink pushed back, and the program was offered more than kernel buffers
// could have hidden. Without a source, what it delivered stands for what it was offered.
func (e *evidence) pressed() (bool, string) {
	if len(e.slow) == 0 {
		return false, "the sink was never slow"
	}
	unread := e.slowShare(harness.SinkUnreadSeconds, harness.SinkConnectionSeconds)
	if unread < unreadShare {
		return false, fmt.Sprintf("nothing pushed back: unread bytes waited for the sink only %s of the time, and %s are needed",
			percent(unread), percent(unreadShare))
	}
	offered := e.of(harness.SourceBytes)
	if !offered.known() {
		offered = e.of(harness.SinkBytes)
	}
	if e.quitEarly() {
		return false, fmt.Sprintf("the program ended by itself before the source did: it left %s with more on offer, and came to no stream's end",
			count(e.of(harness.SourceAborted).last(), "stream"))
	}
	taken := offered.at(e.slow[len(e.slow)-1].To)
	if taken <= e.bound && !e.braked {
		return false, fmt.Sprintf("only %s were moved while the sink was slow, which the bound of %s could hide", human(taken), human(e.bound))
	}
	return true, fmt.Sprintf("unread bytes waited for the sink %s of the time, and %s were taken by then", percent(unread), human(taken))
}

// quitEarly says whether the program ended by itself before any stream of the source
// did, and not because its readers had left: it did not do the work that it would be
// acquitted of.
func (e *evidence) quitEarly() bool {
	return e.exit != nil && e.exit.By == harness.ByProgram && e.of(harness.SourceAborted).last() > 0 &&
		e.of(harness.SourceEnded).last() == 0 && e.readersLost(hugest) == 0
}
