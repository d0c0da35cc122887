package analysis

import "github.com/highwater-dev/highwater/harness"

// misreads says whether the sink recognised so few rows that its count of them says
// nothing: a program may put several into a line. About all bytes arrived, yet the rows
// cover far fewer, and there are holes between them, or no more is to come. Rows that
// were really lost take their bytes with them, and rows that only grew on their way
// leave no holes.
func (e *evidence) misreads() bool {
	taken, rows := e.of(harness.SourceBytes).last(), e.of(harness.SourceRows).last()
	if taken <= 0 || rows <= 0 || e.of(harness.SinkRows).last() <= 0 {
		return false
	}
	mean := taken / rows
	got := e.of(harness.SinkBytes).last() - e.of(harness.SinkDuplicates).last()*mean
	found, holes := e.of(harness.SinkRows).last()*mean, e.of(harness.SinkHoles).last()*mean
	covered := min(got, taken)
	if found >= recognisedShare*covered {
		return false
	}
	if e.finished() {
		return got >= arrivedShare*taken
	}
	return got >= arrivedShare*taken-e.bound-e.onTheWay(e.end) && holes >= (covered-found)/2
}

// countMissing asks whether rows were lost. Rows that were under way when highwater
// ended the run are not lost, nor are those of connections that were left or failed:
// there the other side knows. Nothing is known of rows that could not be counted.
func (e *evidence) countMissing() {
	if e.misread || e.deaf > 0 {
		return
	}
	readable := e.recognised || e.of(harness.SinkBytes).last() == 0
	holes := e.of(harness.SinkHoles).last()
	if e.readersLost(hugest) > 0 {
		e.countHoles(holes)
		return
	}
	if !e.finished() {
		// The sink drank all there was, and earlier rows than the last never came.
		if holes > 0 && e.quiet() {
			e.endedWell, e.missing = true, holes
		}
		return
	}
	e.endedWell = true
	taken, delivered := e.of(harness.SourceRows).last(), e.of(harness.SinkRows).last()
	left := e.of(harness.SourceRows).at(e.takenAtAbort.t[e.takenAtAbort.len()-1])
	if e.takenAtAbort.len() == 1 {
		left = 0
	}
	ended := e.of(harness.SourceEnded).last()
	allEnded := ended > 0 && ended+e.of(harness.SourceAborted).last() >= e.of(harness.SourceConnectionsTotal).last()
	if e.recognised {
		e.missing = holes
	}
	if readable && allEnded {
		e.missing = max(e.missing, taken-left-delivered)
	}
}

// countHoles counts what is missing where readers were lost: only holes tell, and of
// these only those beyond the share of rows that may have gone with the readers.
func (e *evidence) countHoles(holes float64) {
	all := e.of(harness.SinkConnectionsTotal).last()
	gone := shareOf(e.readersLost(hugest), all) * e.of(harness.SourceRows).last()
	ended := e.finished() || e.outcome == harness.OutcomeCompleted && e.of(harness.SinkConnections).at(e.end) == 0 &&
		e.of(harness.SinkFinished).at(e.end) > 0 && e.of(harness.SinkFinished).at(e.end)+e.readersLost(e.end) >= all
	if e.recognised && ended && holes > gone {
		e.endedWell, e.missing = true, holes-gone
	}
}

// finished says whether the program ended its work by itself: it exited with 0, all
// was drained, or every connection to the sink was ended in order.
func (e *evidence) finished() bool {
	if e.outcome != harness.OutcomeCompleted {
		return false
	}
	if _, drained := e.rec.First(harness.EventDrained); drained {
		return true
	}
	if e.of(harness.SinkConnections).last() > 0 {
		return false // something may still lie on the way
	}
	if e.exit != nil && e.exit.By == harness.ByProgram && e.exit.Code == 0 {
		return true
	}
	all := e.of(harness.SinkConnectionsTotal).last()
	return all > 0 && e.of(harness.SinkFinished).last() >= all
}

// quiet says whether the sink went hungry for the whole last second while nothing moved.
func (e *evidence) quiet() bool {
	from := e.end - window
	return e.outcome == harness.OutcomeCompleted && from > 0 &&
		e.of(harness.SinkBytes).rise(from, e.end) == 0 && e.of(harness.SourceBytes).rise(from, e.end) == 0 &&
		share(e.of(harness.SinkHungrySeconds), e.of(harness.SinkConnectionSeconds), from, e.end) >= hungryShare
}
