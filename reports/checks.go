package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// checkView is a check as all renderers show it: both figures, what came of them, and
// what was wanted.
type checkView struct {
	Result    harness.Result
	Metric    string
	Of, Over  string // Over is empty where the figure itself is checked
	OfFigure  string
	OverValue string
	Value     string
	Wanted    string
	Why       string
}

func checkViews(reports []harness.CheckReport) []checkView {
	views := make([]checkView, 0, len(reports))
	for _, report := range reports {
		check := report.Check
		view := checkView{
			Result: report.Result, Metric: string(check.Metric), Of: check.Of, Over: check.Over, Why: report.Why,
			OfFigure: figure(check.Metric, report.Of), OverValue: figure(check.Metric, report.Over),
			Value: checked(check, report.Value), Wanted: wanted(check),
		}
		if report.Round > 0 {
			view.Metric += fmt.Sprintf(" #%d", report.Round)
		}
		views = append(views, view)
	}
	return views
}

// Name tells checks apart.
func (c checkView) Name() string {
	name := c.Metric + " of " + c.Of
	if c.Over != "" {
		name += " over " + c.Over
	}
	return name
}

// wanted is what a check allows: "at least 10 times", "2 MiB to 8 MiB".
func wanted(check harness.Check) string {
	switch {
	case check.Min == nil && check.Max == nil:
		return unknown
	case check.Max == nil:
		return "at least " + checked(check, check.Min)
	case check.Min == nil:
		return "at most " + checked(check, check.Max)
	}
	return checked(check, check.Min) + " to " + checked(check, check.Max)
}

// checked prints what is held against a bound, and the bound: a multiple, or a figure.
func checked(check harness.Check, value *float64) string {
	if value == nil || check.Over == "" {
		return figure(check.Metric, value)
	}
	return number(*value) + " times"
}

// figure prints a figure in the unit that its name ends in.
func figure(name harness.Figure, value *float64) string {
	if value == nil || math.IsNaN(*value) {
		return unknown
	}
	switch text := string(name); {
	case strings.HasSuffix(text, "bytes_per_second"):
		return size(harness.Bytes(*value)) + "/s"
	case strings.HasSuffix(text, "_bytes"):
		return size(harness.Bytes(*value))
	case strings.HasSuffix(text, "_seconds"), strings.Contains(text, "_seconds_per_"):
		return seconds(*value)
	case strings.HasSuffix(text, "_share"):
		return percent(*value)
	}
	return number(*value)
}

// number prints a number with three digits that count; a large one whole.
func number(value float64) string {
	if math.Abs(value) >= 1000 && math.Abs(value) < math.MaxInt64 {
		return count(int64(math.Round(value)))
	}
	return strconv.FormatFloat(value, 'g', 3, 64)
}
