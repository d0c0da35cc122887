// Package runner turns a scenario into run directories: it builds the program, sets
// the stage, starts the peer, the services and the program, leads through the phases, and writes
// down everything that can be seen from outside.
//
// The runner never judges. What it writes is all that the analysis will know, so a
// run can be judged again, disputed or replayed without it. It ends a run only where
// waiting longer would show nothing new: all phases over, everything drained, nothing
// moving, a program frozen at its limit.
package runner
