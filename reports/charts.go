package reports

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// Widths in pixels of the drawing: for a page, for paper and tablets, for a phone; the
// page's style shows one of them. A drawing that is scaled down instead has letters
// nobody can read.
const (
	wideWidth   = 1160.0
	mediumWidth = 740.0
	narrowWidth = 380.0
)

// twinChart draws runs on one time axis, once for each width; empty where
// nothing was recorded.
func twinChart(s harness.Scenario, variants ...*variantView) template.HTML {
	var drawn []*variantView
	for _, v := range variants {
		if v != nil && v.Track != nil && len(v.Track.points) > 1 {
			drawn = append(drawn, v)
		}
	}
	if len(drawn) == 0 {
		return ""
	}
	var drawings template.HTML
	for _, shape := range []struct {
		name  string
		width float64
	}{{"wide", wideWidth}, {"medium", mediumWidth}, {"narrow", narrowWidth}} {
		c := newChart(drawn, shape.width)
		c.shape, c.panels = shape.name, twinPanels(s, drawn, shape.name == "narrow")
		if shape.name != "narrow" {
			c.right = labelRoom(c.panels)
		}
		drawings += c.svg()
	}
	return drawings
}

func newChart(drawn []*variantView, width float64) *chart {
	c := &chart{width: width, right: 14}
	var names []string
	longest := drawn[0]
	for _, v := range drawn {
		names = append(names, v.Name+" "+v.Fate)
		if v.Track.end > c.until {
			c.until, longest = v.Track.end, v
		}
		if word, dead := deathWord[v.V.Outcome]; dead {
			c.deaths = append(c.deaths, death{at: lastMoment(v), label: fmt.Sprintf("%s, %s", word, seconds(ended(v.V)))})
		}
	}
	c.until = max(c.until, 0.1) // a run that ended at once still has an axis
	c.phases = longest.Track.phases
	c.title = "Memory, backlog and pressure over time. "
	if probed(drawn) {
		c.title = "Health, connections and memory over time. "
	}
	c.title += strings.Join(names, "; ") + "."
	return c
}

// deathWord says in a chart how memory ended a run.
var deathWord = map[harness.Outcome]string{
	harness.OutcomeOOMKilled:     "killed by the kernel",
	harness.OutcomeHeapExhausted: "out of heap",
	harness.OutcomeFrozen:        "frozen at its limit",
	harness.OutcomeLimitExceeded: "ended at its limit",
	harness.OutcomeCrashed:       "crashed",
}

// lastMoment is where the run's line ends.
func lastMoment(v *variantView) float64 {
	for i := len(v.Track.points) - 1; i >= 0; i-- {
		if p := v.Track.points[i]; !math.IsNaN(p.anon) {
			return p.seconds
		}
	}
	return v.Track.end
}

func twinPanels(s harness.Scenario, drawn []*variantView, narrow bool) (panels []panel) {
	health := healthPanels(s, drawn, narrow)
	panels = append(panels, health...)
	height := 270.0
	if len(health) > 0 {
		height = 140 // it is flat, and that is what it has to say
	}
	panels = append(panels, memoryPanel(drawn, height))
	if backlog := backlogPanel(s, drawn, 140); len(backlog.lines) > 0 {
		if narrow {
			backlog.title = "Backlog"
		}
		panels = append(panels, backlog)
	}
	sourceTitle, sinkTitle := "Source has to wait: the program stopped reading", "Sink leaves bytes unread: it is slow, and they are there"
	if narrow {
		sourceTitle, sinkTitle = "Source has to wait", "Sink leaves bytes unread"
	}
	source := pressurePanel(sourceTitle, drawn,
		func(p point) float64 { return p.source }, func(v harness.Verdict) float64 { return v.SourcePressure })
	sink := pressurePanel(sinkTitle, drawn,
		func(p point) float64 { return p.sink }, func(v harness.Verdict) float64 { return v.SinkPressure })
	for _, p := range []panel{source, sink} {
		if len(p.lines) > 0 {
			panels = append(panels, p)
		}
	}
	return panels
}

func memoryPanel(drawn []*variantView, height float64) panel {
	p := panel{title: "Anonymous memory", height: height, format: humanBytes}
	for _, v := range drawn {
		p.add(v, size(v.V.PeakBytes), v.V.Outcome.Died(), func(at point) float64 { return at.anon })
		p.top = max(p.top, float64(v.V.PeakBytes))
	}
	if limit := drawn[0].V.LimitBytes; limit > 0 {
		p.mark = &mark{value: float64(limit), label: "limit " + size(limit)}
		p.top = max(p.top, float64(limit))
	}
	p.scale(5)
	return p
}

func backlogPanel(s harness.Scenario, drawn []*variantView, height float64) panel {
	p := panel{title: "Backlog: taken from the source, not yet delivered", height: height, format: humanBytes}
	for _, v := range drawn {
		p.add(v, size(v.V.BacklogBytes), false, func(at point) float64 { return at.backlog })
		p.top = max(p.top, float64(v.V.BacklogBytes))
	}
	if bound := boundOf(s, drawn[0]); bound > 0 {
		p.mark = &mark{value: float64(bound), label: "bound " + size(bound)}
		p.top = max(p.top, float64(bound))
	}
	p.scale(3)
	return p
}

// boundOf is the bound that applied to a run: its recording has the scenario resolved.
func boundOf(s harness.Scenario, v *variantView) harness.Bytes {
	switch {
	case v.Report.Variant.Bound > 0:
		return v.Report.Variant.Bound
	case v.Report.Run != nil && v.Report.Run.Info.Scenario.Bound > 0:
		return v.Report.Run.Info.Scenario.Bound
	}
	return s.Bound
}

func pressurePanel(title string, drawn []*variantView, of func(point) float64, figure func(harness.Verdict) float64) panel {
	p := panel{title: title, height: 76, top: 1, bare: true, ticks: []float64{0, 0.5, 1}, format: percent}
	for _, v := range drawn {
		p.add(v, percent(figure(v.V)), false, of)
	}
	return p
}

// add draws a run into the panel, unless nothing of the kind was measured.
func (p *panel) add(v *variantView, figure string, died bool, of func(point) float64) {
	l := line{name: v.Name, figure: figure, class: lineClass(v), died: died}
	measured := false
	for _, at := range v.Track.points {
		y := of(at)
		measured = measured || !math.IsNaN(y)
		p.grow(y)
		l.points = append(l.points, xy{at.seconds, max(0, y)})
	}
	if measured {
		p.lines = append(p.lines, l)
	}
}

func (p *panel) grow(y float64) {
	if y > p.top {
		p.top = y
	}
}

// scale leaves room above the highest value and sets round ticks.
func (p *panel) scale(ticks int) {
	p.top = max(p.top*1.1, 1)
	p.ticks = byteTicks(p.top, ticks)
}

// lineClass names colour and dash: by role and not by place, so that a colour means
// the same in every chart of the page.
func lineClass(v *variantView) string {
	switch v.Role {
	case harness.RoleBroken:
		return "broken"
	case harness.RoleFixed:
		return "fixed"
	}
	return "subject"
}

// highest is the top of small charts that share their axes.
func highest(variants []*variantView) (top float64) {
	for _, v := range variants {
		top = max(top, float64(v.V.LimitBytes), float64(v.V.PeakBytes))
		if v.Track != nil {
			for _, p := range v.Track.points {
				if p.anon > top {
					top = p.anon
				}
			}
		}
	}
	return max(top, 1)
}

// sparkChart is a small chart of one run's memory, or, where probes were sent, of its
// health, on the axes of the big one.
func sparkChart(s harness.Scenario, v *variantView, until, top float64) template.HTML {
	if v.Track == nil || len(v.Track.points) < 2 {
		return ""
	}
	c := newChart([]*variantView{v}, narrowWidth)
	c.until = max(until, c.until)
	p := memoryPanel([]*variantView{v}, 110)
	p.title, p.top, p.ticks = "", top*1.06, []float64{0}
	c.deaths, c.phases = nil, nil
	c.title = "Memory over time: " + v.Name + " " + v.Fate
	if probed([]*variantView{v}) {
		p = probePanel(s, []*variantView{v}, 110)
		p.title = ""
		c.title = "Latency of health checks over time: " + v.Name + " " + v.Fate
	}
	c.panels = []panel{p}
	c.shape = sparkShape
	return c.svg()
}
