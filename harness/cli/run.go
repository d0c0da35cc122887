package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness/runner"
	"github.com/highwater-dev/highwater/scenarios"
)

// runFlags are the flags of run.
type runFlags struct {
	engine, variants, out string
	repeat                int
	watch                 string
	json                  bool
	parallel              string
}

func (c *command) run() *cobra.Command {
	var flags runFlags
	var image imageFlags
	run := &cobra.Command{
		Use:   "run SCENARIO|FILE|DIR ... | run --image REF --url PATH [-- COMMAND ...]",
		Short: "Run scenarios, judge what was measured, and write a report",
		Long: `run executes every variant of each scenario, one after another or several at once
(--parallel), judges the recordings and writes report.html, report.md, report.json and junit.xml.

A scenario is the name of one in the catalog (see highwater list), or the path of a
scenario.yaml or of the folder it is in. With --image there is no file: slow clients
download from the image, under a memory limit, and leave it again. Ctrl-C ends the run, cleans up, and reports
what was measured until then.

Exit codes: 0 as expected; 1 a wrong verdict, or a program that crashed; 2 usage or
an invalid scenario file; 3 highwater or the engine failed, or a program was never
ready; 4 inconclusive; 130 interrupted.`,
		Example: `  highwater run ignored-backpressure
  highwater run ignored-backpressure --variants 'go/fixed' --engine process
  highwater run ./my-export --repeat 5 --out /tmp/my-export
  highwater run export-at-scale --json | jq .scenarios[].result
  highwater run --image my-service:latest --url /export --memory 256MiB
  highwater run --image my-service:latest --url /export --clients 50 -- /serve --verbose`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			catalog, _ := scenarios.List()
			var ids []string
			for _, scenario := range catalog {
				ids = append(ids, scenario.ID+"\t"+scenario.Title)
			}
			return ids, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(flags.check(), image.check(cmd, args)); err != nil {
				return err
			}
			if image.image != "" {
				return c.runImage(cmd.Context(), flags, &image, args)
			}
			return c.runAll(cmd.Context(), args, flags)
		},
	}
	run.Flags().StringVar(&flags.engine, "engine", "auto", "where programs run: auto, docker or process")
	run.Flags().StringVar(&flags.variants, "variants", "", "only variants whose names match, such as 'go/*', '*broken*' or 'go/broken,go/fixed'")
	run.Flags().IntVar(&flags.repeat, "repeat", 1, "how often each variant runs")
	run.Flags().StringVar(&flags.out, "out", "", "folder for report and runs (default highwater-out/DATE-TIME)")
	run.Flags().BoolVar(&flags.json, "json", false, "print report.json on standard output, and everything else on standard error")
	run.Flags().StringVar(&flags.watch, "watch", "all", "how closely to watch: all, counters (no profiles) or none, for measuring what watching costs")
	addParallel(run, &flags.parallel)
	image.add(run)
	_ = run.RegisterFlagCompletionFunc("engine", cobra.FixedCompletions(engineNames, cobra.ShellCompDirectiveNoFileComp))
	return run
}

func (c *command) runAll(ctx context.Context, names []string, flags runFlags) error {
	plans, err := c.planned(ctx, names, flags.variants)
	if err != nil {
		return err
	}
	engines, err := newEngines(flags.engine, plans, func(text string) { fmt.Fprintln(c.stderr, text) })
	if err != nil {
		return err
	}
	return c.runPlanned(ctx, plans, engines, flags)
}

// planned is plan with what this machine cannot run of the catalog left out, and told.
func (c *command) planned(ctx context.Context, names []string, variants string) ([]planned, error) {
	plans, err := plan(names, variants)
	if err != nil {
		return nil, err
	}
	kept, dropped := leaveOutNode(ctx, plans, variants)
	if dropped > 0 {
		fmt.Fprintf(c.stderr, "note: neither Node.js 20.16 or later nor npm is in PATH: %d scripts of the catalog are left out\n", dropped)
	}
	if len(kept) == 0 {
		return nil, errors.New("nothing is left to run: install Node.js (https://nodejs.org), or npm, which has every version")
	}
	return kept, nil
}

// check refuses values that no run can have.
func (f runFlags) check() error {
	if f.repeat < 1 {
		return usagef("--repeat %d: want 1 or more", f.repeat)
	}
	if !slices.Contains(runner.Watches, runner.Watch(f.watch)) {
		return usagef("--watch %q: want one of %q", f.watch, runner.Watches)
	}
	_, err := lanesOf(f.parallel)
	return err
}

// runPlanned runs what was planned, reports it, and lets go of the engines.
func (c *command) runPlanned(ctx context.Context, plans []planned, engines *engines, flags runFlags) error {
	defer engines.close()
	out, err := outDir(flags.out)
	if err != nil {
		return err
	}
	s := newSession(c, engines, out, flags)
	failed := s.report(ctx, plans)
	return errors.Join(failed, c.finish(ctx, out, &s.told, flags.json))
}
