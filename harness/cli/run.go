package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/gate"
	"github.com/highwater-dev/highwater/harness/runner"
	"github.com/highwater-dev/highwater/scenarios"
)

// runFlags are the flags of run.
type runFlags struct {
	engine, variants, out string
	repeat                int
	watch                 string
	json                  bool
}

func (c *command) run() *cobra.Command {
	var flags runFlags
	run := &cobra.Command{
		Use:   "run SCENARIO|FILE|DIR ...",
		Short: "Run scenarios, judge what was measured, and write a report",
		Long: `run executes every variant of each scenario, one after another, judges the
recordings and writes report.html, report.md, report.json and junit.xml.

A scenario is the name of one in the catalog (see highwater list), or the path of a
scenario.yaml or of the folder it is in. Ctrl-C ends the run, cleans up, and reports
what was measured until then.

Exit codes: 0 as expected; 1 a wrong verdict, or a program that crashed; 2 usage or
an invalid scenario file; 3 highwater or the engine failed, or a program was never
ready; 4 inconclusive; 130 interrupted.`,
		Example: `  highwater run ignored-backpressure
  highwater run ignored-backpressure --variants 'go/fixed' --engine process
  highwater run ./my-export --repeat 5 --out /tmp/my-export
  highwater run export-at-scale --json | jq .scenarios[].result`,
		Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			catalog, _ := scenarios.List()
			var ids []string
			for _, scenario := range catalog {
				ids = append(ids, scenario.ID+"\t"+scenario.Title)
			}
			return ids, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error { return c.runAll(cmd.Context(), args, flags) },
	}
	run.Flags().StringVar(&flags.engine, "engine", "auto", "where programs run: auto, docker or process")
	run.Flags().StringVar(&flags.variants, "variants", "", "only variants whose names match, such as 'go/*', '*broken*' or 'go/broken,go/fixed'")
	run.Flags().IntVar(&flags.repeat, "repeat", 1, "how often each variant runs")
	run.Flags().StringVar(&flags.out, "out", "", "folder for report and runs (default highwater-out/DATE-TIME)")
	run.Flags().BoolVar(&flags.json, "json", false, "print report.json on standard output, and everything else on standard error")
	run.Flags().StringVar(&flags.watch, "watch", "all", "how closely to watch: all, counters (no profiles) or none, for measuring what watching costs")
	_ = run.RegisterFlagCompletionFunc("engine", cobra.FixedCompletions(engineNames, cobra.ShellCompDirectiveNoFileComp))
	return run
}

func (c *command) runAll(ctx context.Context, names []string, flags runFlags) error {
	if flags.repeat < 1 {
		return usagef("--repeat %d: want 1 or more", flags.repeat)
	}
	if !slices.Contains(runner.Watches, runner.Watch(flags.watch)) {
		return usagef("--watch %q: want one of %q", flags.watch, runner.Watches)
	}
	plans, err := plan(names, flags.variants)
	if err != nil {
		return err
	}
	engines, err := newEngines(flags.engine, plans, func(text string) { fmt.Fprintln(c.stderr, text) })
	if err != nil {
		return err
	}
	defer engines.close()
	out, err := outDir(flags.out)
	if err != nil {
		return err
	}
	s := &session{command: c, flags: flags, engines: engines, out: out, progress: newProgress(c.stderr)}
	failed := s.runPlans(ctx, plans)
	return errors.Join(failed, c.finish(ctx, out, &s.report, flags.json))
}

// session is one run command under way.
type session struct {
	*command
	flags    runFlags
	engines  *engines
	out      string
	progress *progress
	report   harness.Report
}

// runPlans runs everything it can: one scenario that cannot run does not keep the
// others from it.
func (s *session) runPlans(ctx context.Context, plans []planned) error {
	s.report.Tool = "highwater " + version()
	var failed []error
	for _, p := range plans {
		variants, err := s.runScenario(ctx, p)
		s.progress.end()
		if err != nil && ctx.Err() == nil {
			failed = append(failed, err)
		}
		if len(variants) > 0 {
			s.report.Scenarios = append(s.report.Scenarios, gate.Judge(p.scenario, variants))
		}
	}
	return errors.Join(failed...)
}

func (s *session) runScenario(ctx context.Context, p planned) ([]harness.VariantReport, error) {
	in, err := s.engines.of(ctx, p.scenario, p.variants)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(s.report.Engine, in.Name()) {
		s.report.Engine = strings.TrimPrefix(s.report.Engine+", "+in.Name(), ", ")
	}
	binary, err := peerBinary(ctx, in)
	if err != nil {
		return nil, err
	}
	r := &runner.Runner{
		Engine: in, PeerBinary: binary, Watch: runner.Watch(s.flags.watch), Progress: s.progress.show,
		Facts: map[string]string{"highwater": version()},
	}
	for _, variant := range p.variants {
		if err := r.CheckMemory(ctx, p.scenario, variant); err != nil && ctx.Err() == nil {
			return nil, fmt.Errorf("%s %s: %w", p.scenario.ID, variant.Name, err)
		}
	}
	return s.runVariants(ctx, r, p)
}

// runVariants runs all that can run: one that cannot does not keep the others from it.
// After Ctrl-C the rest is not begun, and their run directories say so.
func (s *session) runVariants(ctx context.Context, r *runner.Runner, p planned) (done []harness.VariantReport, failed error) {
	for i, variant := range p.variants {
		for n := range s.flags.repeat {
			one, err := s.runVariant(ctx, r, p.scenario, variant, runDir(s.out, p.scenario, variant, i, n, s.flags.repeat))
			if one != nil {
				done = append(done, *one)
			}
			if err != nil && ctx.Err() == nil {
				failed = errors.Join(failed, fmt.Errorf("%s %s: %w", p.scenario.ID, variant.Name, err))
			}
		}
	}
	return done, failed
}

// runVariant runs once, and judges what was measured even when the run was cut short.
// An error of highwater itself is told at the end of all runs.
func (s *session) runVariant(ctx context.Context, r *runner.Runner, scenario *harness.Scenario, variant harness.Variant, dir string) (*harness.VariantReport, error) {
	failed := r.Run(ctx, scenario, variant, dir)
	one, err := judge(dir)
	if failed != nil && errors.Is(err, fs.ErrNotExist) {
		return nil, failed // not even the directory could be made
	}
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	if failed == nil {
		s.progress.verdict(scenario.ID, variant.Name, one.Verdict)
		lastWords(s.stderr, dir, one.Verdict.Outcome)
	}
	return one, failed
}
