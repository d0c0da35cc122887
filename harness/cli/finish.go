package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
	"github.com/highwater-dev/highwater/harness/gate"
	"github.com/highwater-dev/highwater/reports"
)

// judge reads a run directory and draws the verdict.
func judge(dir string) (*harness.VariantReport, error) {
	recording, err := harness.OpenRun(dir)
	if err != nil {
		return nil, err
	}
	verdict, err := analysis.Judge(recording)
	if err != nil {
		return nil, err
	}
	return &harness.VariantReport{Variant: recording.Info.Variant, Verdict: verdict, Run: recording}, nil
}

// finish writes the report, prints the summary and sets the exit code.
func (c *command) finish(ctx context.Context, out string, report *harness.Report, asJSON bool) error {
	if len(report.Scenarios) == 0 {
		return ctx.Err()
	}
	if err := reports.Write(out, report); err != nil {
		return err
	}
	summary := c.stdout
	if asJSON {
		summary = c.stderr
		if err := reports.JSON(c.stdout, report); err != nil {
			return err
		}
	}
	if err := reports.Summary(summary, report, isTerminal(summary)); err != nil {
		return err
	}
	fmt.Fprintf(summary, "\nreport: %s\n", filepath.Join(out, "report.html"))
	c.exit = gate.ExitCode(report)
	return ctx.Err()
}

// isTerminal says whether colours and a moving line make sense.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
