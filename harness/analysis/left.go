package analysis

import "github.com/highwater-dev/highwater/harness"

// mayExplain is how much of a backlog at a moment connections that were left or failed
// may account for: their share of all connections, of all that was taken. A stream
// that the program itself left took nothing afterwards, so such streams explain no
// more than what had been taken when the last of them was left.
func (e *evidence) mayExplain(t float64) float64 {
	t = min(t, e.alive)
	taken := e.of(harness.SourceBytes).at(t)
	readers := shareOf(e.readersLost(t), e.of(harness.SinkConnectionsTotal).at(t))
	streams := shareOf(e.of(harness.SourceAborted).at(t), e.of(harness.SourceConnectionsTotal).at(t))
	return max(readers*taken, min(streams*taken, e.takenAtAbort.at(t)))
}

// readersLost is how many sink connections had been left by the peer or had failed.
func (e *evidence) readersLost(t float64) float64 {
	return e.of(harness.SinkDeparted).at(t) + e.of(harness.SinkFailed).at(t)
}

// findAborts notes what had been taken whenever the program left a stream.
func (e *evidence) findAborts() {
	aborted := e.of(harness.SourceAborted)
	e.takenAtAbort = e.takenAtAbort.add(-hugest, 0)
	before := 0.0
	for i := range aborted.len() {
		if aborted.v[i] > before {
			e.takenAtAbort.add(aborted.t[i], e.of(harness.SourceBytes).at(aborted.t[i]))
		}
		before = aborted.v[i]
	}
}

// shareOf is a part of a whole, 0 to 1; of a whole that is not known, any part is all.
func shareOf(part, whole float64) float64 {
	if part <= 0 {
		return 0
	}
	return part / max(part, whole)
}
