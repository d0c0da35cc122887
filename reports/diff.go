package reports

import (
	"fmt"
	"io"
	"math"
	"sort"
	"strings"
	"text/tabwriter"

	"github.com/highwater-dev/highwater/harness"
)

// maxDiffFunctions is how many functions a comparison lists.
const maxDiffFunctions = 12

// Diff writes what differs between two runs: how they ended, what they held, and which
// functions held it in the last heap profile of each.
func Diff(w io.Writer, a, b *harness.VariantReport) error {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	x, y := verdictOf(a), verdictOf(b)
	fmt.Fprintf(table, "\t%s\t%s\t\n", diffName(a, "a"), diffName(b, "b"))
	diffWords(table, "outcome", string(x.Outcome), string(y.Outcome))
	diffWords(table, "cause", string(x.Cause), string(y.Cause))
	diffWords(table, "site", guilty(x), guilty(y))
	diffSize(table, "peak", x.PeakBytes, y.PeakBytes)
	diffSize(table, "backlog", x.BacklogBytes, y.BacklogBytes)
	diffSize(table, "floor", x.FloorBytes, y.FloorBytes)
	diffSize(table, "delivered", x.DeliveredBytes, y.DeliveredBytes)
	diffRow(table, "duration", seconds(x.DurationSeconds), seconds(y.DurationSeconds), factor(x.DurationSeconds, y.DurationSeconds))
	diffRow(table, "source waits", percent(x.SourcePressure), percent(y.SourcePressure), "")
	diffRow(table, "sink unread", percent(x.SinkPressure), percent(y.SinkPressure), "")
	_ = table.Flush() // a strings.Builder takes everything
	if err := diffFunctions(&text, a.Run, b.Run); err != nil {
		return err
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func diffName(v *harness.VariantReport, otherwise string) string {
	name := v.Variant.Name
	if v.Run != nil && v.Run.Info.ID != "" {
		name += " " + v.Run.Info.ID
	}
	if strings.TrimSpace(name) == "" {
		return otherwise
	}
	return printable(name)
}

func diffWords(w io.Writer, what, a, b string) {
	note := "same"
	if a != b {
		note = "differs"
	}
	diffRow(w, what, printable(a), printable(b), note)
}

func diffSize(w io.Writer, what string, a, b harness.Bytes) {
	diffRow(w, what, size(a), size(b), factor(float64(a), float64(b)))
}

func diffRow(w io.Writer, what, a, b, note string) {
	if a == "" {
		a = "-"
	}
	if b == "" {
		b = "-"
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", what, a, b, note)
}

// factor says how b relates to a.
func factor(a, b float64) string {
	switch {
	case a == b:
		return "same"
	case a <= 0 || b <= 0:
		return ""
	case math.Abs(b/a-1) < 0.995:
		return fmt.Sprintf("%+.0f %%", (b/a-1)*100)
	case b < a:
		return fmt.Sprintf("%.1f %%", (b/a-1)*100)
	}
	return fmt.Sprintf("x%.3g", b/a)
}

// held is what the last heap profile of each run says of one function, callees included.
type held struct {
	function string
	a, b     int64
}

func diffFunctions(w io.Writer, a, b *harness.Recording) error {
	first, err := lastHeap(a)
	if err != nil {
		return err
	}
	second, err := lastHeap(b)
	if err != nil {
		return err
	}
	if first == nil || second == nil {
		fmt.Fprintln(w, "\nNo heap profile on both sides: functions cannot be compared.")
		return nil
	}
	functions := mergeHeld(cumulative(first), cumulative(second))
	if len(functions) == 0 {
		fmt.Fprintln(w, "\nIn the last heap profiles no function holds more or less.")
		return nil
	}
	fmt.Fprintln(w, "\nheld in the last heap profile, callees included")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range functions[:min(len(functions), maxDiffFunctions)] {
		if abs(f.b-f.a) < abs(functions[0].b-functions[0].a)/100 {
			break // what the profile samples by chance
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", printable(f.function), size(harness.Bytes(f.a)), size(harness.Bytes(f.b)), signed(f.b-f.a))
	}
	return table.Flush()
}

func signed(n int64) string {
	if n > 0 {
		return "+" + size(harness.Bytes(n))
	}
	return size(harness.Bytes(n))
}

// mergeHeld lists the functions that hold more or less, the largest difference first.
func mergeHeld(a, b map[string]int64) (functions []held) {
	for name, bytes := range a {
		if bytes != b[name] {
			functions = append(functions, held{name, bytes, b[name]})
		}
	}
	for name, bytes := range b {
		if _, both := a[name]; !both {
			functions = append(functions, held{name, 0, bytes})
		}
	}
	sort.Slice(functions, func(i, j int) bool {
		x, y := functions[i], functions[j]
		if dx, dy := abs(x.b-x.a), abs(y.b-y.a); dx != dy {
			return dx > dy
		}
		return x.function < y.function
	})
	return functions
}

func abs(n int64) int64 { return max(n, -n) }
