package analysis

import "github.com/highwater-dev/highwater/harness"

// finding is what a rule saw: a clause for the verdict's sentence, and the moment, in
// seconds since the beginning of the load, at which it could be seen.
type finding struct {
	clause string
	at     float64
}

// rule is a row of the decision table.
type rule struct {
	cause harness.Cause
	test  func(*evidence) (finding, bool)
}

// table is the decision table: the first row that fits names the cause. Its order is
// part of the rules: what is more specific, and what would otherwise be explained
// away by something further down, comes first. Lost rows look like a short backlog,
// an empty pool like a calm program, a gathered payload like an unbounded queue, and
// what departed or stalled clients leave behind is always a backlog, too.
var table = []rule{
	{harness.CauseLostData, (*evidence).lostData},
	{harness.CausePoolStarvation, (*evidence).poolStarvation},
	{harness.CauseWholePayload, (*evidence).wholePayload},
	{harness.CauseRetained, (*evidence).retained},
	{harness.CauseStalledConsumer, (*evidence).stalledConsumer},
	{harness.CauseLeakedDescriptors, (*evidence).leakedDescriptors},
	{harness.CauseLeakedGoroutines, (*evidence).leakedGoroutines},
	{harness.CauseUnboundedBuffer, (*evidence).unboundedBuffer},
	{harness.CauseOversizedBuffer, (*evidence).oversizedBuffer},
	{harness.CauseSlowLeak, (*evidence).slowLeak},
	{harness.CauseUnknown, (*evidence).unknown},
	{harness.CauseNone, (*evidence).none},
}

// decide reads the table from the top. A run without any measurement since its load
// began fits no row but the last.
func (e *evidence) decide() (harness.Cause, finding) {
	for _, row := range table {
		if found, ok := row.test(e); ok {
			return row.cause, found
		}
	}
	return harness.CauseUnknown, finding{"no rule fits", e.end}
}
