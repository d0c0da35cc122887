package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// maxTargetRows bounds the table: what few descriptors point to explains no leak.
const maxTargetRows = 12

// descriptorView is a table of what a program held open: a row for each target, a
// column for each moment at which it was listed.
type descriptorView struct {
	Moments []string
	Rows    []targetRow
	Last    int64 // all that was open when it was listed last
}

// targetRow is a target with its counts.
type targetRow struct {
	Target string
	Counts []int64
}

// descriptors reads what was listed; nil where nothing was.
func descriptors(run *harness.Recording) *descriptorView {
	if run == nil {
		return nil
	}
	var listed []harness.Event
	for _, event := range run.Events {
		if event.Kind == harness.EventDescriptors {
			listed = append(listed, event)
		}
	}
	if len(listed) == 0 {
		return nil
	}
	view := &descriptorView{}
	counts := map[string][]int64{}
	for i, event := range listed {
		view.Moments, view.Last = append(view.Moments, listedAt(event)), 0
		for target, n := range event.Targets {
			if counts[target] == nil {
				counts[target] = make([]int64, len(listed))
			}
			counts[target][i] = int64(n)
			view.Last += int64(n)
		}
	}
	for target, row := range counts {
		view.Rows = append(view.Rows, targetRow{target, row})
	}
	slices.SortFunc(view.Rows, func(a, b targetRow) int {
		return cmp.Or(cmp.Compare(slices.Max(b.Counts), slices.Max(a.Counts)), cmp.Compare(a.Target, b.Target))
	})
	view.fold()
	return view
}

// fold sums up the rows that the table has no room for.
func (d *descriptorView) fold() {
	if len(d.Rows) <= maxTargetRows {
		return
	}
	rest := targetRow{fmt.Sprintf("%d other targets", len(d.Rows)-maxTargetRows+1), make([]int64, len(d.Moments))}
	for _, row := range d.Rows[maxTargetRows-1:] {
		for i, n := range row.Counts {
			rest.Counts[i] += n
		}
	}
	d.Rows = append(d.Rows[:maxTargetRows-1], rest)
}

func listedAt(event harness.Event) string {
	if event.Phase == "" {
		return "before the load"
	}
	return "end of " + event.Phase
}

// mostOpen is how many targets a comment names.
const mostOpen = 3

// markdownDescriptors names what most descriptors point to where they are what leaked.
func markdownDescriptors(text *strings.Builder, v *variantView) {
	if v.Open == nil || v.V.Cause != harness.CauseLeakedDescriptors {
		return
	}
	var most []string
	for _, row := range v.Open.Rows[:min(len(v.Open.Rows), mostOpen)] {
		most = append(most, fmt.Sprintf("%s %s", count(row.Counts[len(row.Counts)-1]), mdCode(row.Target)))
	}
	fmt.Fprintf(text, "  - descriptors, %s: %s\n", v.Open.Moments[len(v.Open.Moments)-1], strings.Join(most, ", "))
}
