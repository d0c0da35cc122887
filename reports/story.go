package reports

import (
	"fmt"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// fate says in a few words what became of a run, without its name: "was killed by the
// kernel at 256 MiB after 4.4 s".
func fate(v harness.Verdict) string {
	after, limit := seconds(ended(v)), size(v.LimitBytes)
	switch v.Outcome {
	case harness.OutcomeOOMKilled:
		return fmt.Sprintf("was killed by the kernel at %s after %s", limit, after)
	case harness.OutcomeHeapExhausted:
		return fmt.Sprintf("ran out of heap at %s after %s", size(v.PeakBytes), after)
	case harness.OutcomeFrozen:
		return fmt.Sprintf("froze at its limit of %s after %s", limit, after)
	case harness.OutcomeLimitExceeded:
		return fmt.Sprintf("passed its limit of %s after %s and was ended", limit, after)
	case harness.OutcomeStalled:
		return fmt.Sprintf("stopped moving, with %s in memory", size(v.PeakBytes))
	case harness.OutcomeCrashed:
		return fmt.Sprintf("crashed after %s, with %s in memory", after, size(v.PeakBytes))
	case harness.OutcomeNeverReady:
		return "was never ready: nothing was measured"
	case harness.OutcomeInterrupted:
		if ended(v) == 0 {
			return "was interrupted before the load began"
		}
		return fmt.Sprintf("was interrupted after %s", after)
	case harness.OutcomeCompleted:
		return survived(v)
	}
	return "was not judged"
}

// survived is the fate of a program that ended well, which need not mean innocent. That rows
// arrived more than once tells of it only where it is held against it: a feed goes to all.
func survived(v harness.Verdict) string {
	switch {
	case v.Cause == harness.CauseLostData && v.RowsMissing > 0:
		return fmt.Sprintf("lost %s of %s rows and ended as if nothing had happened", count(v.RowsMissing), count(v.RowsTaken))
	case v.Cause == harness.CauseLostData:
		return fmt.Sprintf("delivered %s rows more than once", count(v.RowsDuplicated))
	case v.Cause == harness.CauseOversizedBuffer:
		return fmt.Sprintf("survived, holding up to %s of undelivered rows", size(v.BacklogBytes))
	case v.Convicted():
		return fmt.Sprintf("survived at a peak of %s, and %s", size(v.PeakBytes), causePhrase[v.Cause])
	case v.RowsTaken > 0 && v.RowsDelivered == v.RowsTaken:
		return fmt.Sprintf("delivered all %s rows in %s", count(v.RowsDelivered), size(v.PeakBytes))
	case v.RowsDelivered > 0:
		return fmt.Sprintf("delivered %s rows in %s", count(v.RowsDelivered), size(v.PeakBytes))
	}
	return fmt.Sprintf("ended well, with a peak of %s", size(v.PeakBytes))
}

// causePhrase says what each cause means, as the end of a sentence about the program.
var causePhrase = map[harness.Cause]string{
	harness.CauseLostData:          "rows that it took did not arrive, or arrived twice",
	harness.CausePoolStarvation:    "health checks starved while slow clients held every connection",
	harness.CauseWholePayload:      "it gathered everything before it sent anything",
	harness.CauseRetained:          "it kept what belonged to clients that had left",
	harness.CauseStalledConsumer:   "it kept everything for clients that had stopped reading",
	harness.CauseLeakedDescriptors: "descriptors stayed open after their work was done",
	harness.CauseLeakedGoroutines:  "goroutines stayed after their work was done",
	harness.CauseUnboundedBuffer:   "it went on reading although nobody took its output",
	harness.CauseOversizedBuffer:   "its buffer is bounded, but far too large",
	harness.CauseSlowLeak:          "a little stays behind with each operation",
	harness.CauseUnknown:           "why could not be shown",
	harness.CauseNone:              "nothing is held against it",
}

// headline is the story of a scenario in one sentence: what became of the twins.
func headline(twins pair) string {
	var parts []string
	for _, side := range []*variantView{twins.Broken, twins.Fixed} {
		if side != nil {
			parts = append(parts, side.Name+" "+fate(side.V))
		}
	}
	return strings.Join(parts, "; ")
}

// engagement says what had to happen before a run could acquit.
var engagement = map[harness.Engagement]string{
	harness.EngagesPressure:    "the sink had to push back, so that unread bytes lay in front of it",
	harness.EngagesDisconnects: "clients had to leave before the end",
	harness.EngagesErrors:      "operations had to fail",
	harness.EngagesOperations:  "operations had to be finished",
	harness.EngagesNothing:     "nothing in particular had to happen",
}

// undecided explains an inconclusive run: what did not happen. Empty for all others.
func undecided(s harness.Scenario, v *harness.VariantReport) string {
	if v.Result != harness.Inconclusive {
		return ""
	}
	verdict := verdictOf(v)
	text := "No blame, and no acquittal either. "
	switch needed := engagement[s.Engages]; {
	case verdict.Outcome == harness.OutcomeNeverReady:
		return text + "The program was never ready, so nothing was measured."
	case verdict.Outcome != harness.OutcomeCompleted:
		return text + "It " + fate(verdict) + "."
	case !verdict.Engaged && needed != "":
		text += "Before this scenario can acquit, " + needed + ". That did not happen"
	case !verdict.Engaged:
		text += "What this scenario needs before it can acquit did not happen"
	default:
		return strings.TrimSpace(text + v.Why)
	}
	if verdict.EngagedWhy != "" {
		text += ": " + strings.TrimSuffix(verdict.EngagedWhy, ".")
	}
	return text + "."
}
