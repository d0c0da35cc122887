package analysis_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
)

func TestOutcome(t *testing.T) {
	load := harness.Event{Seconds: 1, Kind: harness.EventLoad}
	at := func(kind harness.EventKind) harness.Event { return harness.Event{Seconds: 5, Kind: kind} }
	exit := func(e harness.Exit) harness.Event {
		return harness.Event{Seconds: 5.1, Kind: harness.EventExit, Exit: &e}
	}
	killed := exit(harness.Exit{Code: 137, By: harness.ByHighwater})
	for _, c := range []struct {
		name    string
		events  []harness.Event
		kills   float64
		anon    float64
		stderr  string
		outcome harness.Outcome
		oom     bool
		warns   bool
	}{
		{name: "completed", events: []harness.Event{load, exit(harness.Exit{By: harness.ByProgram})}, outcome: harness.OutcomeCompleted},
		{name: "stopped at the end", events: []harness.Event{load, at(harness.EventStop), exit(harness.Exit{Code: 143, Signal: "terminated", By: harness.ByHighwater})}, outcome: harness.OutcomeCompleted},
		{name: "the kernel's counter", events: []harness.Event{load, exit(harness.Exit{Code: 137, By: harness.ByProgram})}, kills: 1, outcome: harness.OutcomeOOMKilled, oom: true},
		{name: "the counter against a plain error", events: []harness.Event{load, exit(harness.Exit{Code: 0, By: harness.ByProgram})}, kills: 1, outcome: harness.OutcomeOOMKilled, oom: true, warns: true},
		{name: "the engine's word alone", events: []harness.Event{load, exit(harness.Exit{Code: 137, OOMKilled: true, By: harness.ByKernel})}, outcome: harness.OutcomeOOMKilled, oom: true},
		{name: "the engine's word against an exit of 0", events: []harness.Event{load, exit(harness.Exit{Code: 0, OOMKilled: true, By: harness.ByProgram})}, outcome: harness.OutcomeCompleted, warns: true},
		{name: "the engine's word, and an exit of 0 at the limit", events: []harness.Event{load, exit(harness.Exit{Code: 0, OOMKilled: true, By: harness.ByKernel})}, anon: 62 * mib, outcome: harness.OutcomeOOMKilled, oom: true, warns: true},
		{name: "a kill at the limit that nobody told of", events: []harness.Event{load, exit(harness.Exit{Code: 137, Signal: "killed", By: harness.ByProgram})}, anon: 62 * mib, outcome: harness.OutcomeOOMKilled, oom: true, warns: true},
		{name: "a kill far below the limit", events: []harness.Event{load, exit(harness.Exit{Code: 137, Signal: "killed", By: harness.ByProgram})}, anon: 20 * mib, outcome: harness.OutcomeCrashed},
		{name: "event only", events: []harness.Event{load, at(harness.EventOOM)}, outcome: harness.OutcomeOOMKilled, oom: true},
		{name: "watcher", events: []harness.Event{load, at(harness.EventLimit), exit(harness.Exit{Code: -1, Signal: "killed", By: harness.ByWatcher})}, outcome: harness.OutcomeLimitExceeded},
		{name: "frozen", events: []harness.Event{load, at(harness.EventFrozen), killed}, outcome: harness.OutcomeFrozen},
		{name: "stalled", events: []harness.Event{load, at(harness.EventStalled), killed}, outcome: harness.OutcomeStalled},
		{name: "interrupted", events: []harness.Event{load, at(harness.EventInterrupted), killed}, outcome: harness.OutcomeInterrupted},
		{name: "never ready", events: []harness.Event{at(harness.EventNeverReady), killed}, outcome: harness.OutcomeNeverReady},
		{name: "gone before the load", events: []harness.Event{exit(harness.Exit{Code: 1, By: harness.ByProgram})}, outcome: harness.OutcomeNeverReady},
		{name: "crashed", events: []harness.Event{load, exit(harness.Exit{Code: 1, By: harness.ByProgram})}, stderr: "panic: boom", outcome: harness.OutcomeCrashed},
		{name: "crashed by a signal", events: []harness.Event{load, exit(harness.Exit{Signal: "segmentation fault", By: harness.ByProgram})}, outcome: harness.OutcomeCrashed},
		{name: "node died of being watched", events: []harness.Event{load, exit(harness.Exit{Code: 139, By: harness.ByProgram})}, stderr: "Debugger attached.\nWaiting for the debugger to disconnect...\n", outcome: harness.OutcomeCompleted, warns: true},
		{name: "node died of itself", events: []harness.Event{load, exit(harness.Exit{Code: 139, By: harness.ByProgram})}, stderr: "Debugger attached.\n", outcome: harness.OutcomeCrashed},
		{name: "go out of memory", events: []harness.Event{load, exit(harness.Exit{Code: 2, By: harness.ByProgram})}, stderr: "fatal error: runtime: cannot allocate memory", outcome: harness.OutcomeHeapExhausted},
		{name: "v8 heap limit", events: []harness.Event{load, exit(harness.Exit{Code: 134, By: harness.ByProgram})}, stderr: "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", outcome: harness.OutcomeHeapExhausted},
		{name: "highwater was killed", events: []harness.Event{load}, outcome: harness.OutcomeInterrupted, warns: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			w, err := harness.CreateRun(dir, harness.RunInfo{Scenario: harness.Scenario{Limits: harness.Limits{Memory: 64 * harness.MiB}}})
			require.NoError(t, err)
			for i := range 80 {
				kills := 0.0
				if i == 79 {
					kills = c.kills
				}
				w.Sample(harness.Sample{Seconds: 1 + float64(i)*0.05, Values: map[harness.Metric]float64{harness.MemoryAnon: max(c.anon, 6*mib), harness.OOMKills: kills}})
			}
			for _, event := range c.events {
				w.Event(event)
			}
			require.NoError(t, w.Close())
			require.NoError(t, os.WriteFile(filepath.Join(dir, harness.StderrFile), []byte(c.stderr), 0o644))
			rec, err := harness.OpenRun(dir)
			require.NoError(t, err)
			v, err := analysis.Judge(rec)
			require.NoError(t, err)
			assert.Equal(t, c.outcome, v.Outcome)
			assert.Equal(t, c.oom, v.OOMKilled)
			assert.Equal(t, c.warns, len(v.Warnings) > 0, v.Warnings)
		})
	}
}
