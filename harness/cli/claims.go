package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/gate"
	"github.com/highwater-dev/highwater/scenarios"
)

func (c *command) claims() *cobra.Command {
	return &cobra.Command{
		Use:   "claims DIR",
		Short: "Hold what is said of the catalog against what was measured",
		Long: `claims reads the runs in DIR, as report does, and prints a table in Markdown: what is
said, whether it holds, what was measured, and the command that measures it again.
The claims are those of the catalog's scenarios; one whose measurement differs from
what the catalog says of it makes the exit code 1, one that was not measured 4.`,
		Example: `  highwater claims out/scenarios-20261125-101500 > scenarios/CLAIMS.md`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			report, err := readReport(args[0])
			if err != nil {
				return err
			}
			catalog, err := scenarios.List()
			if err != nil {
				return err
			}
			c.exit = writeClaims(c.stdout, report, catalog)
			return nil
		},
	}
}

const claimsHead = `# What is said, and what was measured

Written by ` + "`make claims`" + ` from runs of the whole catalog (%s). Figures are of one machine and one run each: read orders
and ratios. What does not hold stands beside what does.

| what is said | holds | measured | command |
|---|---|---|---|
`

// writeClaims prints the table and returns the exit code.
func writeClaims(w io.Writer, report *harness.Report, catalog []*harness.Scenario) (exit int) {
	fmt.Fprintf(w, claimsHead, "engine: "+report.Engine)
	for _, scenario := range catalog {
		i := slices.IndexFunc(report.Scenarios, func(s harness.ScenarioReport) bool { return s.Scenario.ID == scenario.ID })
		var runs []harness.VariantReport
		if i >= 0 {
			runs = report.Scenarios[i].Variants
		}
		for _, one := range gate.Claims(scenario, runs) {
			exit = gate.Worst(exit, claimExit(one))
			fmt.Fprintf(w, "| %s | %s | %s | `highwater run %s` |\n", cell(one.Claim.Said), holds(one), cell(one.Measured), scenario.ID)
		}
	}
	return exit
}

func claimExit(one gate.ClaimReport) int {
	switch {
	case !one.Known:
		return gate.ExitInconclusive
	case one.Holds != one.Claim.Holds:
		return gate.ExitFailed
	}
	return 0
}

func holds(one gate.ClaimReport) string {
	switch {
	case !one.Known:
		return "not measured"
	case one.Holds != one.Claim.Holds:
		return fmt.Sprintf("**%s, against what the catalog says**", yes(one.Holds))
	}
	return yes(one.Holds)
}

func yes(holds bool) string {
	if holds {
		return "yes"
	}
	return "**no**"
}

// cell keeps a text inside its cell.
func cell(text string) string { return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text) }
