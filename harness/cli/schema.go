package cli

import (
	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness/schema"
	"github.com/highwater-dev/highwater/reports"
)

func (c *command) schema() *cobra.Command {
	return &cobra.Command{
		Use:       "schema [scenario|report]",
		Short:     "Print the JSON Schema of scenario.yaml or of report.json",
		Long:      "schema prints the JSON Schema of scenario.yaml (the default) or of report.json.\nPoint your editor's YAML plugin at it for completion and checks while you type.",
		Example:   "  highwater schema > scenario.schema.json\n  highwater schema report > report.schema.json",
		ValidArgs: []string{"scenario", "report"},
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := schema.Scenario()
			if len(args) == 1 && args[0] == "report" {
				text, err = schema.Of(reports.Document{})
			}
			if err != nil {
				return err
			}
			_, err = c.stdout.Write(append(text, '\n'))
			return err
		},
	}
}
