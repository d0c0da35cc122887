// Package reports renders a [harness.Report] for people and machines:
//
//	report.html  one self-contained page: the story, charts, code, flame graphs
//	report.md    the same in short, for a job summary or a comment on a change
//	report.json  the [Document], for scripts
//	junit.xml    for whatever reads test results
//
// [Write] makes all four; [Summary] is what a terminal shows, [Diff] compares two runs.
//
// A renderer only reads. It judges nothing: every figure that decides something comes
// from the verdict, and charts are drawn from the same series that the verdict was
// drawn from. What the programs printed, and every name in a scenario, is taken for
// hostile and escaped for the format at hand.
//
// The package starts no server, and a report asks for nothing over the network.
package reports
