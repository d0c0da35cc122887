package analysis

import (
	"fmt"
	"strings"

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
	if e.rec.Info.Scenario.Probes != nil && e.of(harness.ProbesTotal).last() == 0 {
		return false, "no health probe was answered or given up, so health is not known"
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
// could have hidden.
func (e *evidence) pressed() (bool, string) {
	if len(e.slow) == 0 {
		return false, "the sink was never slow"
	}
	// Those of a program that died failed with it; and where probes are sent, a program may
	// give its clients up to stay healthy, which is what is judged.
	if failed := e.of(harness.SinkFailed).at(e.alive); failed > 0 && e.rec.Info.Scenario.Probes == nil && failed >= e.of(harness.SinkConnectionsTotal).last() {
		return false, strings.TrimSuffix(fmt.Sprintf("every connection to the sink failed (%s): %s", number(failed), e.whyFailed()), ": ")
	}
	unread := e.slowShare(harness.SinkUnreadSeconds, harness.SinkConnectionSeconds)
	if unread < unreadShare {
		return false, fmt.Sprintf("nothing pushed back: unread bytes waited for the sink only %s of the time, and %s are needed",
			percent(unread), percent(unreadShare))
	}
	if e.sourceless() {
		return e.pressedBack(unread)
	}
	offered := e.of(harness.SourceBytes)
	if !offered.known() {
		offered = e.of(harness.SinkBytes)
	}
	if left := e.leftEarly(); left > 0 {
		return false, fmt.Sprintf("the program left %s of the source before the end, with more on offer", count(left, "stream"))
	}
	taken := offered.at(e.slow[len(e.slow)-1].To)
	if taken <= e.bound && !e.braked {
		return false, fmt.Sprintf("only %s were moved while the sink was slow, which the bound of %s could hide", human(taken), human(e.bound))
	}
	return true, fmt.Sprintf("unread bytes waited for the sink %s of the time, and %s were taken by then", percent(unread), human(taken))
}

// leftEarly is how many streams of the source the program left before their end, though
// none of its readers had left or stopped reading, which are good reasons: it did not
// do the work that it would be acquitted of. One that was opened to see whether the
// source is there, and left with little or nothing taken, does not count beside others
// that came to their end.
func (e *evidence) leftEarly() float64 {
	until := e.end
	if e.exit != nil && e.exit.By == harness.ByProgram {
		until = hugest // it was nobody else who closed them
	}
	left, ended := e.of(harness.SourceAborted).at(until), e.of(harness.SourceEnded).at(until)
	stalled, _ := e.of(harness.SinkStalled).peak()
	if left == 0 || e.readersLost(until) > 0 || stalled > 0 {
		return 0
	}
	if source := e.rec.Info.Scenario.Source; ended > 0 {
		rows := e.of(harness.SourceRows).at(until)
		if source == nil || (rows-ended*float64(source.Rows))*e.of(harness.SourceBytes).at(until)/max(rows, 1) <= triedOnly {
			return 0
		}
	}
	return left
}
