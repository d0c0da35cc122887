package reports

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/highwater-dev/highwater/harness"
)

// Colours of a terminal; the table is laid out without them, for tabwriter counts
// their bytes as width.
const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

// longestColumn keeps one long name from pushing the figures off the screen.
const longestColumn = 36 // characters

var resultColour = map[harness.Result]string{harness.Pass: green, harness.Fail: red, harness.Inconclusive: yellow}

// Summary writes what a terminal shows at the end of a run: a line for each run of a
// variant, the sentence of each that did not pass, and a line for each check. Colours only where asked for.
func Summary(w io.Writer, report *harness.Report, color bool) error {
	paint := func(colour, text string) string {
		if !color || colour == "" {
			return text
		}
		return colour + text + reset
	}
	var text strings.Builder
	if report.Engine != "" {
		fmt.Fprintf(&text, "engine: %s\n\n", printable(report.Engine))
	}
	for i := range report.Scenarios {
		if i > 0 {
			text.WriteByte('\n')
		}
		s := &report.Scenarios[i]
		fmt.Fprintf(&text, "%s  %s", paint(bold, printable(scenarioOf(s).ID)), paint(resultColour[s.Result], string(s.Result)))
		if s.Result != harness.Pass && s.AsExpected && !strings.HasPrefix(s.Why, "as expected") {
			text.WriteString(" (as expected)")
		}
		if why := printable(s.Why); why != "" {
			text.WriteString(": " + why)
		}
		text.WriteByte('\n')
		summaryTable(&text, s, paint)
		summarySentences(&text, s, paint)
		summaryChecks(&text, s, paint)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func summaryTable(w io.Writer, s *harness.ScenarioReport, paint func(string, string) string) {
	var plain strings.Builder
	table := tabwriter.NewWriter(&plain, 0, 0, 2, ' ', 0)
	names := labels(s.Variants)
	for i := range s.Variants {
		v, verdict := &s.Variants[i], verdictOf(&s.Variants[i])
		counted := "backlog " + backlogOf(v)
		if sourceless(v) {
			counted = "delivered " + deliveredOf(v)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\tpeak %s\t%s\t%s\n", shorten(printable(names[i]), longestColumn), judged(v), verdict.Outcome, verdict.Cause,
			size(verdict.PeakBytes), counted, seconds(ended(verdict)))
	}
	_ = table.Flush() // a strings.Builder takes everything
	for i, line := range strings.SplitAfter(strings.TrimSuffix(plain.String(), "\n"), "\n") {
		if i < len(s.Variants) {
			result := s.Variants[i].Result
			fmt.Fprintf(w, "  %s %s", paint(resultColour[result], sign(result)), line)
		}
	}
	fmt.Fprintln(w)
}

func summarySentences(w io.Writer, s *harness.ScenarioReport, paint func(string, string) string) {
	names := labels(s.Variants)
	for i := range s.Variants {
		v := &s.Variants[i]
		if v.Result == harness.Pass {
			continue
		}
		fmt.Fprintf(w, "  %s: %s\n", paint(resultColour[v.Result], printable(names[i])), printable(sentence(v)))
		if more := extra(v); more != "" {
			fmt.Fprintf(w, "    %s\n", printable(more))
		}
	}
}

func summaryChecks(w io.Writer, s *harness.ScenarioReport, paint func(string, string) string) {
	for _, check := range checkViews(s.Checks) {
		text := fmt.Sprintf("%s: %s, wanted %s", check.Name(), check.Value, check.Wanted)
		if check.Result == harness.Inconclusive {
			text = check.Name() + ": " + check.Why
		}
		fmt.Fprintf(w, "  %s %s\n", paint(resultColour[check.Result], sign(check.Result)), printable(text))
	}
}

// sign is a result in one character that needs no colour.
func sign(result harness.Result) string {
	switch result {
	case harness.Pass:
		return "✓"
	case harness.Fail:
		return "✗"
	}
	return "?"
}
