package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// confusion is the table of declared causes (a line each) against the causes of the
// verdicts (a column each). What lies off its diagonal is a detector that was fooled.
func (t *tally) confusion() string {
	seen := map[harness.Cause]map[harness.Cause]int{}
	for _, row := range t.rows {
		if seen[row.declared] == nil {
			seen[row.declared] = map[harness.Cause]int{}
		}
		for cause, n := range row.convicted {
			seen[row.declared][cause] += n
		}
	}
	columns := slices.DeleteFunc(slices.Clone(harness.Causes), func(cause harness.Cause) bool {
		return seen[cause] == nil && !slices.ContainsFunc(t.rows, func(r *tallyRow) bool { return r.convicted[cause] > 0 })
	})
	var text strings.Builder
	text.WriteString("declared")
	for _, cause := range columns {
		fmt.Fprintf(&text, "\t%s", cause)
	}
	text.WriteString("\n")
	for _, declared := range columns {
		if seen[declared] == nil {
			continue
		}
		text.WriteString(string(declared))
		for _, cause := range columns {
			fmt.Fprintf(&text, "\t%s", blankZero(seen[declared][cause]))
		}
		text.WriteString("\n")
	}
	return text.String()
}

func blankZero(n int) string {
	if n == 0 {
		return "."
	}
	return fmt.Sprint(n)
}
