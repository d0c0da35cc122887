// Package harness holds the nouns of highwater and the files they live in.
//
// A reader finds the way in one direction:
//
//	scenario.yaml -> Scenario -> (runner) -> run directory -> (analysis) -> Verdict -> (gate, reports)
//
// Scenario says what is to happen; a run directory ([RunWriter], [Recording]) says
// what was measured; a [Verdict] says what it means; a [Report] is what gate and
// renderers share. Everything is stored in base units (bytes, seconds, counts) and
// scaled only when printed.
//
// The package starts nothing, connects to nothing and judges nothing: it imports no
// engine, so that a recorded run can be judged on a machine that has none.
package harness
