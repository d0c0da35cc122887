package analysis

import (
	"slices"

	"github.com/highwater-dev/highwater/harness"
)

// ledger is what both ends of the wire counted.
type ledger struct {
	backlog       *track // bytes of the source, kernel queues set aside; unknown without a source
	backlogRows   *track // unknown where the sink did not recognise rows
	delivered     *track // bytes of the source
	backlogPeak   float64
	backlogPeakAt float64
	rowsPeak      float64
	// unexplained is the backlog less what connections that were left or failed may
	// account for.
	unexplained     *track
	unexplainedPeak float64
	takenAtAbort    *track
	// lossless: nobody left early, so what was taken and not delivered is held.
	lossless bool
	// recognised: the sink found the source's rows in what it received; misread: it
	// found so few of them that they say nothing.
	recognised, misread bool
	missing             float64
	endedWell           bool
}

func (e *evidence) keepLedger() {
	l := &e.ledger
	taken, rows := e.of(harness.SourceBytes), e.of(harness.SourceRows)
	l.lossless = e.readersLost(e.alive)+e.of(harness.SourceAborted).at(e.alive) == 0
	e.findAborts()
	l.misread = e.misreads()
	l.recognised = e.of(harness.SinkRows).last() > 0 && !l.misread
	if !taken.known() {
		return
	}
	mean := 0.0
	if rows.last() > 0 {
		mean = taken.last() / rows.last()
	}
	byRows := mean > 0 && (l.recognised || e.of(harness.SinkBytes).last() == 0)
	for _, t := range append([]float64{0}, e.moments...) {
		if t == 0 && l.backlog.known() {
			continue // the first sample was taken right then
		}
		got := e.of(harness.SinkBytes).at(t)
		if byRows {
			got = e.of(harness.SinkRows).at(t) * mean
		}
		waiting := max(taken.at(t)-got-e.onTheWay(min(t, taken.readBefore(t))), 0)
		l.backlog = l.backlog.add(t, waiting)
		l.unexplained = l.unexplained.add(t, max(waiting-e.mayExplain(t), 0))
		if byRows {
			l.backlogRows = l.backlogRows.add(t, waiting/mean)
		}
		l.delivered = l.delivered.add(t, got)
	}
	l.backlogPeak, l.backlogPeakAt = l.backlog.peak()
	l.unexplainedPeak, _ = l.unexplained.peak()
	l.rowsPeak, _ = l.backlogRows.peak()
	e.countMissing()
}

// onTheWay is what lies in kernel queues between the two ends: the program's own, and
// the sink's receive queue. It is nobody's to answer for, and on loopback it grows to
// many MiB. Where it could not be read, the bound has to leave room for it. The program's
// queues are read more seldom than all else is counted, and grow meanwhile. While all moves
// at full speed a reading is soon worth nothing: what was written since may lie there, too.
// It is held against counts of the same moment: what has left the queues since the peer was
// last able to answer stands in no count yet.
func (e *evidence) onTheWay(t float64) float64 {
	queues := e.of(harness.SocketQueues)
	program := queues.growing(t)
	if queues.known() && !e.inSlow(t) {
		program = max(program, queues.at(t)+e.of(harness.SourceBytes).rise(queues.readBefore(t), t))
	}
	return program + e.of(harness.SinkUnread).at(t)
}

func (e *evidence) inSlow(t float64) bool {
	return slices.ContainsFunc(e.slow, func(s PhaseSpan) bool { return t >= s.From && t <= s.To })
}
