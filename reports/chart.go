package reports

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/highwater-dev/highwater/harness"
)

// A chart is a stack of panels on one time axis. It is drawn here, as SVG, so that it
// needs no script; colours and dashes come from the page's style by class.
type chart struct {
	width  float64
	right  float64 // room for labels right of the plot
	until  float64 // seconds
	phases []phaseBand
	deaths []death
	panels []panel
	shape  string // class: wide, medium, narrow or spark
	title  string // for readers that cannot see it
}

type phaseBand struct {
	name     string
	from, to float64 // seconds
}

// death is the moment in which a line ends because its program did.
type death struct {
	at    float64 // seconds
	label string
}

type panel struct {
	title  string
	height float64
	top    float64 // highest value
	format func(float64) string
	ticks  []float64
	mark   *mark
	lines  []line
	bare   bool // no areas under the lines
}

// mark is a value that lines are held against: a limit, a bound.
type mark struct {
	value float64
	label string
}

type line struct {
	name   string
	figure string // the number that the label gives
	class  string
	points []xy
	died   bool
}

// sparkShape is a small chart among many.
const sparkShape = "spark"

const (
	chartLeft   = 64.0
	chartTop    = 30.0 // phase names
	panelGap    = 40.0 // the next panel's title
	axisHeight  = 42.0
	lineHeight  = 17.0
	letterWidth = 7.6 // of the labels' font, on average
)

func (c *chart) plotWidth() float64        { return c.width - chartLeft - c.right }
func (c *chart) x(seconds float64) float64 { return chartLeft + seconds/c.until*c.plotWidth() }

// top is where the first panel begins, below the names of phases and its own title.
func (c *chart) top() float64 {
	if c.shape == sparkShape {
		return 20 // it has neither
	}
	return chartTop + 48
}

func (c *chart) height() float64 {
	height := c.top() + axisHeight - panelGap
	for _, p := range c.panels {
		height += p.height + panelGap
	}
	return height
}

// svg draws the chart.
func (c *chart) svg() template.HTML {
	var out strings.Builder
	fmt.Fprintf(&out, `<svg class="chart %s" viewBox="0 0 %s %s" role="img" aria-label="%s" xmlns="http://www.w3.org/2000/svg">`,
		c.shape, num(c.width), num(c.height()), html.EscapeString(c.title))
	c.drawPhases(&out)
	top := c.top()
	for i := range c.panels {
		c.drawPanel(&out, &c.panels[i], top)
		top += c.panels[i].height + panelGap
	}
	c.drawAxis(&out, top-panelGap)
	c.drawDeaths(&out, top-panelGap)
	out.WriteString(`</svg>`)
	return template.HTML(out.String()) //nolint:gosec // every text above went through EscapeString
}

func (c *chart) drawPhases(out *strings.Builder) {
	bottom := c.height() - axisHeight
	for i, band := range c.phases {
		from, to := c.x(max(0, band.from)), c.x(min(c.until, band.to))
		fmt.Fprintf(out, `<rect class="band band%d" x="%s" y="%s" width="%s" height="%s"/>`, i%2, num(from), num(chartTop-24), num(to-from), num(bottom-chartTop+24))
		if room := int((to - from - 12) / letterWidth); room > 2 {
			fmt.Fprintf(out, `<text class="phase" x="%s" y="%s">%s</text>`, num(from+6), num(chartTop-7), html.EscapeString(ellipsis(band.name, room)))
		}
	}
}

func (c *chart) drawAxis(out *strings.Builder, y float64) {
	fmt.Fprintf(out, `<line class="axis" x1="%s" x2="%s" y1="%s" y2="%s"/>`, num(chartLeft), num(c.x(c.until)), num(y), num(y))
	for _, tick := range timeTicks(c.until, int(c.plotWidth()/80)) {
		label := num(tick)
		if tick == 0 {
			label = "0 s"
		}
		fmt.Fprintf(out, `<line class="axis" x1="%[1]s" x2="%[1]s" y1="%[2]s" y2="%[3]s"/><text class="tick" text-anchor="middle" x="%[1]s" y="%[4]s">%[5]s</text>`,
			num(c.x(tick)), num(y), num(y+5), num(y+20), label)
	}
	fmt.Fprintf(out, `<text class="tick" text-anchor="end" x="%s" y="%s">seconds since the load began</text>`, num(c.x(c.until)), num(y+38))
}

// drawDeaths runs a line through all panels at each death, so that the eye finds what
// else happened then.
func (c *chart) drawDeaths(out *strings.Builder, bottom float64) {
	for _, d := range c.deaths {
		fmt.Fprintf(out, `<line class="death" x1="%[1]s" x2="%[1]s" y1="%[2]s" y2="%[3]s"/>`, num(c.x(d.at)), num(chartTop), num(bottom))
		x, anchor := c.x(d.at)+6, "start"
		if width := float64(len(d.label)) * letterWidth; x+width > c.width {
			x, anchor = max(c.x(d.at)-6, width), "end"
		}
		fmt.Fprintf(out, `<text class="deathtext" text-anchor="%s" x="%s" y="%s">%s</text>`, anchor, num(x), num(chartTop+13), html.EscapeString(d.label))
	}
}

func (c *chart) drawPanel(out *strings.Builder, p *panel, top float64) {
	y := func(value float64) float64 { return top + p.height - 4 - value/p.top*(p.height-4) } // zero lies above the frame: a flat line stays visible
	fmt.Fprintf(out, `<text class="title" x="%s" y="%s">%s</text>`, num(4), num(top-10), html.EscapeString(p.title))
	for _, tick := range p.ticks {
		fmt.Fprintf(out, `<line class="grid" x1="%[1]s" x2="%[2]s" y1="%[3]s" y2="%[3]s"/><text class="tick" text-anchor="end" x="%[4]s" y="%[5]s">%[6]s</text>`,
			num(chartLeft), num(c.x(c.until)), num(y(tick)), num(chartLeft-7), num(y(tick)+4.5), p.format(tick))
	}
	fmt.Fprintf(out, `<line class="axis" x1="%[1]s" x2="%[2]s" y1="%[3]s" y2="%[3]s"/>`, num(chartLeft), num(c.x(c.until)), num(top+p.height))
	if p.mark != nil {
		at := num(y(p.mark.value))
		fmt.Fprintf(out, `<line class="mark" x1="%s" x2="%s" y1="%s" y2="%s"/>`, num(chartLeft), num(c.x(c.until)), at, at)
		side := c.markSide(p, y)
		fmt.Fprintf(out, `<text class="marktext" text-anchor="%s" x="%s" y="%s">%s</text>`, side.anchor, num(side.x), num(side.y), html.EscapeString(p.mark.label))
	}
	for i := range p.lines {
		c.drawLine(out, &p.lines[i], y, top+p.height, p.bare)
	}
	drawLabels(out, c.placeLabels(p, y, top))
}

// markSide is where the mark's label stands: at the left, where lines begin low, unless
// one runs through it there.
func (c *chart) markSide(p *panel, y func(float64) float64) label {
	at := label{x: chartLeft + 6, y: y(p.mark.value) - 6, width: float64(utf8.RuneCountInString(p.mark.label)) * letterWidth, anchor: "start"}
	if c.crossed(at, p, -1, y) {
		at.x, at.anchor = c.x(c.until)-4, "end"
	}
	return at
}

func (c *chart) drawLine(out *strings.Builder, l *line, y func(float64) float64, floor float64, bare bool) {
	limit := min(600, int(c.plotWidth()))
	points := downsample(l.points, limit)
	path := linePath(points, c.x, y)
	if path == "" {
		return
	}
	if !bare && !strings.Contains(path[1:], "M") { // an area over a gap would claim what was not measured
		first, last := firstLast(points)
		fmt.Fprintf(out, `<path class="area %s" d="%sL%s %sL%s %sZ"/>`, l.class, path, num(c.x(last.x)), num(floor), num(c.x(first.x)), num(floor))
	}
	fmt.Fprintf(out, `<path class="line %s" d="%s"/>`, l.class, path)
	if _, last := firstLast(points); l.died {
		fmt.Fprintf(out, `<path class="cross" d="M%s %sl12 12m0 -12l-12 12"/>`, num(c.x(last.x)-6), num(y(last.y)-6))
	}
}

func linePath(points []xy, x, y func(float64) float64) string {
	var path strings.Builder
	pen := "M"
	for _, p := range points {
		if math.IsNaN(p.y) {
			pen = "M"
			continue
		}
		path.WriteString(pen + num(x(p.x)) + " " + num(y(p.y)))
		pen = "L"
	}
	return path.String()
}

// firstLast are the outermost measured points; the zero point where there is none.
func firstLast(points []xy) (first, last xy) {
	found := false
	for _, p := range points {
		if math.IsNaN(p.y) {
			continue
		}
		if !found {
			first, found = p, true
		}
		last = p
	}
	return first, last
}

// num prints a coordinate to a tenth of a pixel.
func num(v float64) string {
	text := strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
	if text == "-0" {
		return "0"
	}
	return text
}

// ellipsis cuts a text at its end.
func ellipsis(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:max(0, limit-1)]) + "…"
}

func humanBytes(v float64) string { return size(harness.Bytes(v)) }
