package cli

import (
	"context"
	"errors"
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
	var file, engine, variants, parallel string
	var rounds int
	soak := &cobra.Command{
		Use:   "soak [SCENARIO|FILE|DIR ...]",
		Short: "Run scenarios again and again, and count wrong verdicts into a file",
		Long: `soak proves the detector: it runs every variant of the scenarios (the whole catalog
if none is named) for some rounds and adds to the counts in FILE after each run: how
often, what each verdict was, how often it was wrong, and the bound that follows. At
the end it prints them, and the causes that were declared against those that the verdicts named;
--rounds 0 prints only. Ctrl-C loses the scenarios under way and no more; the next
soak goes on counting. The run directories of wrong verdicts are kept, the others removed.

With no wrong verdict in n runs, 3/n bounds the true share of wrong ones with 95 %
confidence (the rule of three: (1-p)^n = 0.05).`,
		Example: `  highwater soak --rounds 5
  highwater soak ignored-backpressure --engine process --rounds 100 --file soak.tsv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = scenarios.IDs()
			}
			plans, err := c.planned(cmd.Context(), args, variants)
			if err != nil {
				return err
			}
			return c.soakRounds(cmd.Context(), plans, engine, file, parallel, rounds)
		},
	}
	soak.Flags().StringVar(&file, "file", "soak.tsv", "where the counts are kept")
	soak.Flags().StringVar(&engine, "engine", "auto", "where programs run: auto, docker or process")
	soak.Flags().StringVar(&variants, "variants", "", "only variants whose names match")
	addParallel(soak, &parallel)
	soak.Flags().IntVar(&rounds, "rounds", 1, "how often each variant runs")
	return soak
}

func (c *command) soakRounds(ctx context.Context, plans []planned, engine, file, parallel string, rounds int) error {
	if _, err := lanesOf(parallel); err != nil {
		return err
	}
	if rounds < 0 {
		return usagef("--rounds %d: want 0 or more", rounds)
	}
	counts, err := readTally(file)
	if err != nil {
		return err
	}
	if rounds == 0 {
		_, err = counts.WriteTo(c.stdout)
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
	s := newSession(c, engines, out, runFlags{repeat: 1, parallel: parallel})
	for round := range rounds {
		s.out = filepath.Join(out, fmt.Sprintf("round-%d", round+1))
		var failed error
		s.runPlans(ctx, plans, func(i int, runs []harness.VariantReport, err error) {
			switch {
			case ctx.Err() != nil:
				err = ctx.Err()
			case err == nil: // what could not run is no wrong verdict
				err = c.count(counts, plans[i].scenario, runs, file)
			}
			failed = errors.Join(failed, err)
		})
		if failed != nil {
			return failed
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
		counts.add(run.Run.Info.Engine, scenario, run.Variant, wrong, run.Verdict)
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
