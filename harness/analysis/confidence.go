package analysis

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

const (
	confidenceHigh   = "high"
	confidenceMedium = "medium"
	confidenceLow    = "low"
)

// confidence is low where something is missing, high where a conviction does not
// hang on a narrow margin and was well watched.
func (e *evidence) confidence(v *harness.Verdict) string {
	if len(e.lacking(v)) > 0 {
		return confidenceLow
	}
	watched := len(e.moments) >= 4*samplesEnough && e.longestGap() <= gapSeconds
	switch {
	case v.Cause == harness.CauseUnknown, !watched, !e.outcome.Died() && e.outcome != harness.OutcomeCompleted:
		return confidenceMedium
	case v.Cause == harness.CauseNone && !v.Engaged:
		return confidenceMedium
	case v.Cause == harness.CauseUnboundedBuffer && e.unexplainedPeak < 1.5*e.bound,
		v.Cause == harness.CauseOversizedBuffer && e.unexplainedPeak < 1.5*e.bound:
		return confidenceMedium
	}
	return confidenceHigh
}

// lacking names what a sure verdict would have needed.
func (e *evidence) lacking(v *harness.Verdict) []string {
	var missing []string
	if len(e.moments) < samplesEnough {
		missing = append(missing, fmt.Sprintf("only %s taken", were(float64(len(e.moments)), "sample")))
	}
	if !e.anon.known() {
		missing = append(missing, "anonymous memory could not be read")
	}
	if e.outcome == harness.OutcomeInterrupted {
		missing = append(missing, "the run did not come to its end")
	}
	if !e.counted && len(e.moments) > 0 {
		missing = append(missing, "neither end of the wire was counted")
	}
	if e.deaf > 0 {
		missing = append(missing, "the counts of both ends ended early")
	}
	if e.misread {
		missing = append(missing, "most rows were not recognised")
	}
	if len(missing) == 0 && e.sourceless() && v.Cause == harness.CauseUnknown {
		return []string{"what it took in could not be counted, so that the cause is not shown"}
	}
	if len(missing) == 0 && e.beyondByMemory() && !e.backlog.known() && e.operations().last() == 0 {
		missing = append(missing, "nothing but memory was counted")
	}
	if len(missing) == 0 && v.Cause == harness.CauseUnknown && !e.outcome.Died() {
		missing = append(missing, "no cause is shown")
	}
	return missing
}

// warn notes what makes the recording itself doubtful.
func (e *evidence) warn() {
	if n := len(e.moments); n < samplesEnough {
		e.note("only %s since the load began", count(float64(n), "sample"))
	}
	if gap := e.longestGap(); gap > gapSeconds {
		e.note("no sample for %s: what happened meanwhile was not seen", seconds(gap))
	}
	if e.outcome.Died() && e.limit > 0 {
		if sat := e.end - e.passed(e.anon, 0.95*e.limit); sat > settled {
			e.note("it sat at its limit for %s before that ended it", seconds(sat))
		}
	}
	if doubled := e.of(harness.SinkDuplicates).last(); doubled > 0 {
		e.note("%s arrived more than once", count(doubled, "row"))
	}
	if late := e.of(harness.SinkReordered).last(); late > 0 {
		e.note("%s arrived behind a later one", count(late, "row"))
	}
	if why := e.whyFailed(); why != "" {
		e.note("%s to the sink failed, as first: %s", count(e.of(harness.SinkFailed).at(e.alive), "connection"), why)
	}
	if e.backlog.known() && !e.lossless {
		e.note("connections were left or failed: the backlog counts their rows too")
	}
	if e.deaf > 0 {
		e.note("the counts of both ends ended %s before the run did: what the program took and delivered afterwards was not seen", seconds(e.deaf))
	}
	if e.backlog.known() && e.misread {
		e.note("most rows were not recognised (%s of %s, although %s of %s arrived): the backlog is counted in bytes, and loss cannot be seen",
			number(e.of(harness.SinkRows).last()), number(e.of(harness.SourceRows).last()), human(e.of(harness.SinkBytes).last()), human(e.of(harness.SourceBytes).last()))
	}
	if e.backlog.known() && !e.recognised && !e.misread && e.of(harness.SinkBytes).last() > 0 {
		e.note("the sink did not recognise the source's rows: the backlog is counted in bytes, and loss cannot be seen")
	}
	if e.lossless && e.backlogPeak > e.bound && !e.shownByMemory() {
		where := "the rest was dropped, or lies on a disk or in kernel buffers"
		if e.endedWell && e.missing == 0 {
			where = "the rest lay in kernel buffers or on a disk"
		}
		e.note("%s were taken and not delivered, but %s grew by %s only: %s", human(e.backlogPeak), e.heldName(), human(e.heldGrowth), where)
	}
}

// whyFailed is what the peer noted of the first sink connection that failed.
func (e *evidence) whyFailed() string {
	if e.of(harness.SinkFailed).at(e.alive) == 0 {
		return ""
	}
	for line := range strings.Lines(string(headOf(filepath.Join(e.rec.Dir, harness.PeerFile), 64<<10))) {
		if _, why, found := strings.Cut(line, "highwater peer: sink: "); found {
			return strings.TrimSpace(why)
		}
	}
	return ""
}

// longestGap is the longest time without a sample between the beginning of the load
// and the end of the run.
func (e *evidence) longestGap() float64 {
	last, longest := 0.0, 0.0
	for _, t := range e.moments {
		longest, last = max(longest, t-last), t
	}
	return max(longest, e.end-last)
}
