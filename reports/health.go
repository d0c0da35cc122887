package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
)

// probed says whether health probes were recorded for any of the runs.
func probed(variants []*variantView) bool {
	return slices.ContainsFunc(variants, func(v *variantView) bool { return v != nil && v.Track != nil && v.Track.health != nil })
}

// healthPanels stand above memory, on its time axis: who looks at memory alone sees
// nothing of a service that is out of connections.
func healthPanels(s harness.Scenario, drawn []*variantView, narrow bool) (panels []panel) {
	if !probed(drawn) {
		return nil
	}
	checks, used := probePanel(s, drawn, 140), activePanel(drawn, 110)
	if narrow {
		checks.title, used.title = "Health checks", "Busy connections"
	}
	panels = append(panels, checks)
	if len(used.lines) > 0 {
		panels = append(panels, used)
	}
	return panels
}

func probePanel(s harness.Scenario, drawn []*variantView, height float64) panel {
	p := panel{title: "Health checks: how long the answer took", height: height, format: seconds, bare: true}
	for _, v := range drawn {
		figure := ""
		if v.Track.health != nil {
			figure = failedOf(v.Track.health)
		}
		p.add(v, figure, false, func(at point) float64 { return at.probe })
	}
	if s.Probes != nil {
		within := s.Probes.Within.Seconds()
		p.mark = &mark{value: within, label: "failed at " + seconds(within)}
		p.grow(within)
	}
	p.top = max(p.top*1.15, 0.01)
	p.ticks = timeTicks(p.top, 3)
	return p
}

func failedOf(h *analysis.Health) string {
	return fmt.Sprintf("%s of %s failed", count(int64(h.Failed)), count(int64(h.Sent)))
}

func activePanel(drawn []*variantView, height float64) panel {
	p := panel{title: "Database: connections that are running a query", height: height, format: whole, bare: true}
	for _, v := range drawn {
		most := 0.0
		for _, at := range v.Track.points {
			if !math.IsNaN(at.active) {
				most = max(most, at.active)
			}
		}
		p.add(v, whole(most), false, func(at point) float64 { return at.active })
	}
	p.top = max(p.top*1.15, 1)
	p.ticks = timeTicks(p.top, 3)
	return p
}

func whole(value float64) string { return count(int64(math.Round(value))) }

// healthTable is what probes and database said of all variants of a scenario.
type healthTable struct {
	Phase string
	Names []string // of the database's figures
	Rows  []healthRow
}

type healthRow struct {
	*variantView
	Cells []healthCell
}

type healthCell struct {
	Text, Small string
	Bad         bool
}

// newHealthTable is nil where no run was probed.
func newHealthTable(all []*variantView) *healthTable {
	if !probed(all) {
		return nil
	}
	t := &healthTable{}
	for _, v := range all {
		if v.Track == nil || v.Track.health == nil {
			continue
		}
		h := v.Track.health
		t.Phase = h.Phase
		if len(h.Database) > len(t.Names) {
			t.Names = nil
			for _, figure := range h.Database {
				t.Names = append(t.Names, capital(figure.Name))
			}
		}
	}
	for _, v := range all {
		if v.Track != nil && v.Track.health != nil {
			t.Rows = append(t.Rows, healthRow{v, t.cells(v)})
		}
	}
	return t
}

func (t *healthTable) cells(v *variantView) []healthCell {
	h := v.Track.health
	cells := []healthCell{
		{whole(h.Failed), "of " + whole(h.Sent), h.Failed > 0},
		{whole(h.Late.Failed), "of " + whole(h.Late.Sent), h.Late.Failed > 0},
		{latency(h.Median), latency(h.Late.Median), false},
		{latency(h.P95), latency(h.Late.P95), false},
		{latency(h.Longest), latency(h.Late.Longest), false},
	}
	for i := range t.Names {
		if i < len(h.Database) {
			cells = append(cells, healthCell{whole(h.Database[i].Peak), whole(h.Database[i].Late), false})
		} else {
			cells = append(cells, healthCell{Text: "–"})
		}
	}
	return append(cells, healthCell{Text: size(v.V.PeakBytes)})
}

// latency prints what is far below a second, too.
func latency(value float64) string {
	if value < 1 {
		return fmt.Sprintf("%.3g ms", value*1000)
	}
	return seconds(value)
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// healthLine is a run's row of the table in a sentence.
func healthLine(h *analysis.Health) string {
	line := fmt.Sprintf("Health checks: %s, %s of %s of them in %s, where 95 %% took at most %s.",
		failedOf(h), whole(h.Late.Failed), whole(h.Late.Sent), h.Phase, latency(h.Late.P95))
	var figures []string
	for _, figure := range h.Database {
		figures = append(figures, whole(figure.Peak)+" "+figure.Name)
	}
	if len(figures) > 0 {
		line += " The database's peaks: " + strings.Join(figures, ", ") + "."
	}
	return line
}
