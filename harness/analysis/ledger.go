package analysis

import "github.com/highwater-dev/highwater/harness"

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
	for _, t := range e.moments {
		got := e.of(harness.SinkBytes).at(t)
		if byRows {
			got = e.of(harness.SinkRows).at(t) * mean
		}
		waiting := max(taken.at(t)-got-e.onTheWay(t), 0)
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
// many MiB. Where it could not be read, the bound has to leave room for it.
func (e *evidence) onTheWay(t float64) float64 {
	return e.of(harness.SocketQueues).at(t) + e.of(harness.SinkUnread).at(t)
}
