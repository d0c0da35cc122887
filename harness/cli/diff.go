package cli

import (
	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/reports"
)

func (c *command) diff() *cobra.Command {
	return &cobra.Command{
		Use:   "diff RUN RUN",
		Short: "Compare two recorded runs: verdicts, figures, and growth per function",
		Long: `diff puts two run directories beside each other, the first one taken as the one
before. They may be of a broken and a fixed program, or of one program before and
after a change. The exit code is 0 whether they differ or not; see report for verdicts.`,
		Example: `  highwater diff out/runs/ignored-backpressure/01-go-broken out/runs/ignored-backpressure/05-go-fixed`,
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			before, err := judge(args[0])
			if err != nil {
				return usageError{err}
			}
			after, err := judge(args[1])
			if err != nil {
				return usageError{err}
			}
			return reports.Diff(c.stdout, before, after)
		},
	}
}
