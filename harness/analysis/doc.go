// Package analysis reads a recorded run and says what it means: [Judge] turns a
// [harness.Recording] into a [harness.Verdict].
//
// Judging goes in three steps, a file or two each. Evidence is computed first, from
// the samples and events alone: the ledger of rows, memory and its floor, the brake
// that the source felt, what follows what (evidence.go and the files it names). Then
// one ordered table is read from the top, and the first row that fits names the cause
// (table.go). Last, the heap or goroutine profiles say where (site.go).
//
// The rules are made to be seen before any death: a kill confirms and never convicts
// of anything but "unknown". Every threshold stands in limits.go with its reason. A
// trend counts when a one-sided Mann-Kendall test gives p < 0.01 and the Theil-Sen
// slope is large enough to matter: samples at 20 a second are not independent, so
// significance alone would convict noise.
//
// What is unknown is never taken for zero: a run whose memory could not be read is
// judged by what the two ends of the wire counted, with low confidence and a warning.
//
// The memory ledger (memory.go) adds up where memory was at its peak. It stands beside
// the verdict and decides nothing: no rule may hang on figures read one after the other.
//
// [NewSeries] and [HeapDiff] give reports the very numbers that the judgement used.
//
// The package is not a monitor and not a gate: it starts nothing, watches nothing
// live, compares no two runs, and does not know what was expected of a program.
package analysis
