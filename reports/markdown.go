package reports

import (
	"fmt"
	"html"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/highwater-dev/highwater/harness"
)

// markdownLimit is what a comment on a change may hold, in characters (GitHub).
const markdownLimit = 65_536

// Markdown writes the report for a job summary or a comment, always under 65,536
// characters.
func Markdown(w io.Writer, report *harness.Report) error { return renderer{}.markdown(w, report) }

func (r renderer) markdown(w io.Writer, report *harness.Report) error {
	var text strings.Builder
	for i := range report.Scenarios {
		r.markdownScenario(&text, r.scenario(&report.Scenarios[i], i))
	}
	if len(report.Scenarios) == 0 {
		text.WriteString("Nothing was run.\n\n")
	}
	fmt.Fprintf(&text, "<sub>%s, engine %s</sub>\n", mdText(report.Tool), mdText(report.Engine))
	_, err := io.WriteString(w, cut(text.String(), markdownLimit-1))
	return err
}

func (r renderer) markdownScenario(text *strings.Builder, s *scenarioView) {
	fmt.Fprintf(text, "## %s %s: %s\n\n", resultMark(s.Result, s.Expected), mdText(s.Scenario.ID), mdText(resultWords(s)))
	if s.Headline != "" {
		fmt.Fprintf(text, "**%s.**\n\n", mdText(s.Headline))
	}
	if s.Scenario.Title != "" {
		fmt.Fprintf(text, "_%s_", mdText(s.Scenario.Title))
		if s.Report.Why != "" {
			text.WriteString("  \n")
		}
	}
	fmt.Fprintf(text, "%s\n\n", mdText(s.Report.Why))
	text.WriteString("| | variant | role | verdict | outcome | cause | peak | of limit | backlog | delivered | time |\n")
	text.WriteString("|---|---|---|---|---|---|--:|--:|--:|--:|--:|\n")
	for _, v := range s.All {
		fmt.Fprintf(text, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", resultMark(v.Report.Result, s.Expected), mdText(v.Name), v.Role,
			v.Judged, v.V.Outcome, v.V.Cause, size(v.V.PeakBytes), ofLimit(v.V),
			backlogOf(v.Report), deliveredOf(v.Report), seconds(ended(v.V)))
	}
	text.WriteByte('\n')
	markdownChecks(text, s)
	for _, v := range s.All {
		markdownVariant(text, v)
	}
	for _, v := range s.All {
		markdownMemory(text, v)
		markdownStreams(text, v)
	}
	if s.Fix != nil {
		markdownFix(text, s)
	}
}

func markdownChecks(text *strings.Builder, s *scenarioView) {
	if len(s.Checks) == 0 {
		return
	}
	text.WriteString("| | check | of | figure | over | figure | result | wanted |\n|---|---|---|--:|---|--:|--:|---|\n")
	for _, c := range s.Checks {
		fmt.Fprintf(text, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", resultMark(c.Result, false), mdText(c.Metric), mdText(c.Of), c.OfFigure,
			mdText(c.Over), c.OverValue, c.Value, c.Wanted)
	}
	text.WriteByte('\n')
}

func markdownVariant(text *strings.Builder, v *variantView) {
	fmt.Fprintf(text, "- **%s**: %s\n", mdText(v.Name), mdText(v.Line))
	if v.Undone != "" {
		fmt.Fprintf(text, "  - %s\n", mdText(v.Undone))
	}
	for _, site := range v.Sites {
		fmt.Fprintf(text, "  - %s at %s holds %s, %s of the growth\n", mdCode(site.Function), mdCode(site.Place), size(site.Bytes), percent(site.Share))
		for _, line := range site.Code {
			if line.Guilty {
				fmt.Fprintf(text, "    > %s\n", mdCode(strings.TrimSpace(line.Text)))
			}
		}
	}
	if track := newTrack(v.Report.Run); track != nil && track.health != nil {
		fmt.Fprintf(text, "  - %s\n", mdText(healthLine(track.health)))
	}
	if v.Routines != nil && v.Routines.Leaked > 0 {
		fmt.Fprintf(text, "  - goroutines: %s; leak profile: %s. %s\n", v.Routines.Trend, mdText(v.Routines.Leaks), goroutineMisses)
	}
	markdownDescriptors(text, v)
	for _, warning := range v.V.Warnings {
		fmt.Fprintf(text, "  - warning: %s\n", mdText(warning))
	}
	text.WriteByte('\n')
}

func markdownFix(text *strings.Builder, s *scenarioView) {
	var lines strings.Builder
	for _, line := range s.Fix.Lines {
		fmt.Fprintf(&lines, "%s%s\n", line.Op, line.Text)
	}
	fence := fenceFor(lines.String())
	fmt.Fprintf(text, "<details><summary>What turned %s into %s: %s added, %s removed</summary>\n\n%sdiff\n%s%s\n\n</details>\n\n",
		html.EscapeString(printable(s.Main.Broken.Name)), html.EscapeString(printable(s.Main.Fixed.Name)),
		plural(int64(s.Fix.Added), "line"), plural(int64(s.Fix.Removed), "line"), fence, lines.String(), fence)
}

// resultMark is a result in one sign.
func resultMark(result harness.Result, asExpected bool) string {
	switch {
	case result == harness.Pass:
		return "✅"
	case result == harness.Fail:
		return "❌"
	case asExpected:
		return "⚪"
	}
	return "❔"
}

func resultWords(s *scenarioView) string {
	if s.Result != harness.Pass && s.Expected {
		return string(s.Result) + ", as expected"
	}
	return string(s.Result)
}

// mdSpecial is what markdown, or GitHub on top of it, gives a meaning to.
const mdSpecial = "\\`*_{}[]<>#|~!"

// mdText escapes a text for one line of markdown: no markup, no mention, no cell border.
func mdText(text string) string {
	var out strings.Builder
	for _, r := range printable(text) {
		switch {
		case r == '@':
			out.WriteString("&#64;") // or a name in a program's output calls a person
		case r == '&':
			out.WriteString("&amp;")
		case r == '<':
			out.WriteString("&lt;")
		case strings.ContainsRune(mdSpecial, r):
			out.WriteByte('\\')
			out.WriteRune(r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// mdCode is a code span around any text.
func mdCode(text string) string {
	text = printable(text)
	if text == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

func fenceFor(text string) string { return strings.Repeat("`", max(3, longestRun(text)+1)) }

func longestRun(text string) (longest int) {
	run := 0
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

const cutLine = "\n\n_The rest was cut: this place takes 65,536 characters. All of it is in report.html._\n"

// cut shortens a text to a number of characters at the end of a line, and says so. What
// the cut leaves open is closed, or the note would be read as code.
func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	const room = 64 // for closing a fence and details
	runes := []rune(text)[:limit-utf8.RuneCountInString(cutLine)-room]
	kept := string(runes)
	kept = kept[:strings.LastIndexByte(kept, '\n')+1]
	if open := openFence(kept); open != "" {
		kept += open + "\n"
	}
	if strings.Count(kept, "<details>") > strings.Count(kept, "</details>") {
		kept += "\n</details>\n"
	}
	return kept + cutLine
}

// openFence is the code fence that is still open at the end of a text.
func openFence(text string) (open string) {
	for line := range strings.Lines(text) {
		fence := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case len(fence) < 3:
		case open == "":
			open = fence
		case len(fence) >= len(open):
			open = ""
		}
	}
	return open[:min(len(open), 60)]
}
