package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/gate"
	"github.com/highwater-dev/highwater/scenarios"
)

func (c *command) soak() *cobra.Command {
	var file, engine, variants string
	var rounds int
	soak := &cobra.Command{
		Use:   "soak [SCENARIO|FILE|DIR ...]",
		Short: "Run scenarios again and again, and count wrong verdicts into a file",
		Long: `soak proves the detector: it runs every variant of the scenarios (the whole catalog
if none is named) for some rounds and adds to the counts in FILE after each run: how
often, how often the verdict was wrong, and the bound that follows. Ctrl-C loses
the scenario under way and no more; the next soak goes on counting. The run directories of wrong verdicts are
kept, the others removed.

With no wrong verdict in n runs, 3/n bounds the true share of wrong ones with 95 %
confidence (the rule of three: (1-p)^n = 0.05).`,
		Example: `  highwater soak --rounds 5
  highwater soak ignored-backpressure --engine process --rounds 100 --file soak.tsv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = scenarios.IDs()
			}
			plans, err := plan(args, variants)
			if err != nil {
				return err
			}
			return c.soakRounds(cmd.Context(), plans, engine, file, rounds)
		},
	}
	soak.Flags().StringVar(&file, "file", "soak.tsv", "where the counts are kept")
	soak.Flags().StringVar(&engine, "engine", "auto", "where programs run: auto, docker or process")
	soak.Flags().StringVar(&variants, "variants", "", "only variants whose names match")
	soak.Flags().IntVar(&rounds, "rounds", 1, "how often each variant runs")
	return soak
}

func (c *command) soakRounds(ctx context.Context, plans []planned, engine, file string, rounds int) error {
	if rounds < 1 {
		return usagef("--rounds %d: want 1 or more", rounds)
	}
	counts, err := readTally(file)
	if err != nil {
		return err
	}
	engines, err := newEngines(engine, plans, func(text string) { fmt.Fprintln(c.stderr, text) })
	if err != nil {
		return err
	}
	defer engines.close()
	out, err := outDir(filepath.Join("highwater-out", "soak-"+time.Now().Format("20060102-150405")))
	if err != nil {
		return err
	}
	defer removeEmpty(out)
	s := &session{command: c, engines: engines, out: out, progress: newProgress(c.stderr), flags: runFlags{repeat: 1}}
	for round := range rounds {
		s.out = filepath.Join(out, fmt.Sprintf("round-%d", round+1))
		for _, p := range plans {
			runs, err := s.runScenario(ctx, p)
			s.progress.end()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				return err // what could not run is no wrong verdict
			}
			if err := c.count(counts, p.scenario, runs, file); err != nil {
				return err
			}
		}
	}
	_, err = counts.WriteTo(c.stdout)
	return err
}

// removeEmpty removes a folder that holds folders only, however deep.
func removeEmpty(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.IsDir() {
			removeEmpty(filepath.Join(dir, entry.Name()))
		}
	}
	_ = os.Remove(dir) // fails where something is left
}

// count adds runs to the file, and keeps going when one is wrong: how often is the
// question.
func (c *command) count(counts *tally, scenario *harness.Scenario, runs []harness.VariantReport, file string) error {
	for _, run := range gate.Judge(scenario, runs).Variants {
		expected := harness.Pass
		if scenario.Expect != "" {
			expected = scenario.Expect
		}
		wrong := run.Result != expected
		counts.add(run.Run.Info.Engine, scenario.ID, run.Variant.Name, wrong, run.Verdict)
		if !wrong {
			if err := os.RemoveAll(run.Run.Dir); err != nil {
				return fmt.Errorf("remove run: %w", err)
			}
			continue
		}
		c.exit = gate.ExitFailed
		fmt.Fprintf(c.stderr, "wrong: %s %s: %s; kept in %s\n", scenario.ID, run.Variant.Name, run.Why, run.Run.Dir)
	}
	return counts.save(file)
}
