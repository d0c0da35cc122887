package analysis

import (
	"errors"

	"github.com/highwater-dev/highwater/harness"
)

// Judge says what a recording means. It never fails for what a recording lacks: that
// ends in warnings, low confidence, or no engagement. The error is for a nil recording.
func Judge(rec *harness.Recording) (*harness.Verdict, error) {
	if rec == nil {
		return nil, errors.New("judge run: no recording")
	}
	e := gather(rec)
	cause, found := e.decide()
	v := &harness.Verdict{
		Outcome: e.outcome, Cause: cause,
		AtSeconds: found.at, Phase: phaseAt(e.phases, found.at),
		PeakBytes: harness.Bytes(whole(e.top)), FloorBytes: harness.Bytes(whole(e.floors.last())),
		LimitBytes:   harness.Bytes(whole(e.limit)),
		BacklogBytes: harness.Bytes(whole(e.backlogPeak)), BacklogRows: whole(e.rowsPeak),
		DurationSeconds: e.end, OOMKilled: e.oom,
		RowsTaken: whole(e.of(harness.SourceRows).last()), RowsDelivered: whole(e.of(harness.SinkRows).last()),
		RowsMissing: whole(e.missing), RowsDuplicated: whole(e.of(harness.SinkDuplicates).last()),
		RowsReordered:  whole(e.of(harness.SinkReordered).last()),
		DeliveredBytes: harness.Bytes(whole(e.of(harness.SinkBytes).last())),
		SinkPressure:   e.slowShare(harness.SinkUnreadSeconds, harness.SinkConnectionSeconds),
		SourcePressure: e.slowShare(harness.SourceBlockedSeconds, harness.SourceConnectionSeconds),
	}
	v.Engaged, v.EngagedWhy = e.engaged()
	e.extrapolate(v)
	if v.Convicted() {
		v.Sites = e.sites(cause)
	}
	v.Stream = e.fullest()
	v.Confidence = e.confidence(v)
	v.Sentence = e.sentence(found, v.Convicted(), v)
	v.Memory = e.memoryLedger()
	v.Warnings = e.warnings
	return v, nil
}

// extrapolate fills in the slope of memory from the beginning of the load to its
// peak, and how long the program lives at that slope and limit. Growth within its
// room is a program warming up, or its garbage: it gets neither.
func (e *evidence) extrapolate(v *harness.Verdict) {
	if e.outcome.Died() {
		v.TimeToDeathSeconds = e.end
	}
	if !e.outcome.Died() && (e.heldGrowth <= e.room()-noise || e.growth <= e.bound) {
		return
	}
	// A program may sit at its limit for long before it dies: that is no growth.
	slope, rising := rises(e.anon.between(0, e.passed(e.anon, e.base+0.95*e.growth)))
	if !rising {
		return
	}
	v.GrowthBytesPerSecond = slope
	if !e.outcome.Died() && e.limit > e.top && slope > 0 {
		if death := e.topAt + (e.limit-e.top)/slope; sane(death) {
			v.TimeToDeathSeconds, v.TimeToDeathExtrapolated = death, true
		}
	}
}
