package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/gate"
)

func (c *command) report() *cobra.Command {
	var out string
	var asJSON bool
	report := &cobra.Command{
		Use:   "report DIR",
		Short: "Judge recorded runs again and render their report",
		Long: `report reads all run directories under DIR, judges them with the rules of this
highwater, and writes the report again; nothing is started. The exit code is that of
the verdicts, as for run: 130 where a run was interrupted.`,
		Example: `  highwater report highwater-out/20261123-101500
  highwater report out/runs/ignored-backpressure/01-go-broken --out /tmp/one --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			again, err := readReport(args[0])
			if err != nil {
				return err
			}
			return c.finish(context.WithoutCancel(cmd.Context()), cmp.Or(out, args[0]), again, asJSON)
		},
	}
	report.Flags().StringVar(&out, "out", "", "folder to write to (default DIR)")
	report.Flags().BoolVar(&asJSON, "json", false, "print report.json on standard output")
	return report
}

// readReport puts recorded runs together by scenario, in the order in which they ran.
func readReport(dir string) (*harness.Report, error) {
	dirs, err := harness.FindRuns(dir)
	if err != nil {
		return nil, usageError{err}
	}
	if len(dirs) == 0 {
		return nil, usagef("report %s: no run directory in it; want the folder that run wrote, or one with a run.json below it", dir)
	}
	var runs []harness.VariantReport
	for _, dir := range dirs {
		one, err := judge(dir)
		if err != nil {
			return nil, err
		}
		runs = append(runs, *one)
	}
	slices.SortStableFunc(runs, func(a, b harness.VariantReport) int { return a.Run.Info.Started.Compare(b.Run.Info.Started) })
	again := &harness.Report{Tool: "highwater " + version()}
	for _, scenario := range byScenario(runs) {
		again.Scenarios = append(again.Scenarios, gate.Judge(scenario.scenario, scenario.runs))
	}
	again.Engine = engineNamesOf(runs)
	return again, nil
}

type scenarioRuns struct {
	scenario *harness.Scenario
	runs     []harness.VariantReport
}

func byScenario(runs []harness.VariantReport) []*scenarioRuns {
	var all []*scenarioRuns
	for _, run := range runs {
		info := run.Run.Info
		i := slices.IndexFunc(all, func(s *scenarioRuns) bool { return s.scenario.ID == info.Scenario.ID })
		if i < 0 {
			scenario := info.Scenario
			scenario.Variants = nil
			all = append(all, &scenarioRuns{scenario: &scenario})
			i = len(all) - 1
		}
		known := func(v harness.Variant) bool { return v.Name == info.Variant.Name }
		if !slices.ContainsFunc(all[i].scenario.Variants, known) {
			all[i].scenario.Variants = append(all[i].scenario.Variants, info.Variant)
		}
		all[i].runs = append(all[i].runs, run)
	}
	return all
}

func engineNamesOf(runs []harness.VariantReport) string {
	names := ""
	for _, run := range runs {
		if name := run.Run.Info.Engine; names == "" {
			names = name
		} else if names != name {
			return fmt.Sprintf("%s, %s", names, name)
		}
	}
	return names
}
