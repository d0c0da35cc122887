package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/scenarios"
)

// listed is one scenario of list --json.
type listed struct {
	ID       string             `json:"id"`
	Title    string             `json:"title"`
	Engages  harness.Engagement `json:"engages"`
	Variants []listedVariant    `json:"variants"`
}

type listedVariant struct {
	Name    string              `json:"name"`
	Role    harness.Role        `json:"role"`
	Runtime string              `json:"runtime"`
	Convict *harness.Conviction `json:"convict,omitempty"`
}

func (c *command) list() *cobra.Command {
	var asJSON bool
	list := &cobra.Command{
		Use:   "list",
		Short: "List the scenarios of the catalog and their variants",
		Long: `list shows what run accepts by name: each scenario, its variants with their roles,
and the verdict that each is expected to get.`,
		Example: `  highwater list
  highwater list --json | jq -r '.[].id'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			catalog, err := scenarios.List()
			if err != nil {
				return err
			}
			if asJSON {
				return c.listJSON(catalog)
			}
			return c.listText(catalog)
		},
	}
	list.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return list
}

func (c *command) listJSON(catalog []*harness.Scenario) error {
	all := []listed{}
	for _, scenario := range catalog {
		one := listed{ID: scenario.ID, Title: scenario.Title, Engages: scenario.Engages}
		for _, variant := range scenario.Variants {
			one.Variants = append(one.Variants, listedVariant{variant.Name, variant.Role, variant.Runtime(), variant.Convict})
		}
		all = append(all, one)
	}
	encoder := json.NewEncoder(c.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(all)
}

func (c *command) listText(catalog []*harness.Scenario) error {
	table := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, scenario := range catalog {
		fmt.Fprintf(table, "%s\t\t%s\n", scenario.ID, scenario.Title)
		for _, variant := range scenario.Variants {
			expected := "acquitted"
			switch {
			case scenario.Expect == harness.Inconclusive:
				expected = "inconclusive"
			case variant.Convict != nil:
				expected = string(variant.Convict.Cause)
			}
			fmt.Fprintf(table, "  %s\t%s\t%s\n", variant.Name, variant.Role, expected)
		}
	}
	return table.Flush()
}
