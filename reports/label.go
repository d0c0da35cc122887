package reports

import (
	"fmt"
	"html"
	"math"
	"sort"
	"strings"
	"unicode/utf8"
)

// label stands at the end of a line instead of a legend.
type label struct {
	name, figure, class string
	x, y, width         float64
	anchor              string
}

// longestLabel is how many characters of a name a chart shows; the table has it whole.
const longestLabel = 26

// placeLabels puts each line's label behind its end, or, where there is no room, above
// it; labels that would cover one another are pushed apart.
func (c *chart) placeLabels(p *panel, y func(float64) float64, top float64) (labels []label) {
	for i := range p.lines {
		l := &p.lines[i]
		_, last := firstLast(l.points)
		if len(l.points) == 0 || math.IsNaN(last.y) {
			continue
		}
		name := shorten(l.name, longestLabel)
		if c.shape == sparkShape {
			name = "" // its caption says it
		}
		letters := utf8.RuneCountInString(name) + utf8.RuneCountInString(l.figure) + 1
		at := label{name: name, figure: l.figure, class: l.class, x: c.x(last.x) + 10, y: y(last.y) + 5, width: float64(letters) * letterWidth, anchor: "start"}
		if at.x+at.width > c.width {
			at.anchor, at.x, at.y = "end", c.x(last.x)-2, y(last.y)-9
		}
		if at.x < c.x(c.until) {
			at = c.clear(at, p, i, y, top)
		}
		labels = append(labels, at)
	}
	spread(labels, top+12, top+p.height-2)
	return labels
}

// clear moves a label that stands inside the plot to the nearest height at which no line
// runs through it: below, where its own line came from, rather than above. Where there
// is none it stays.
func (c *chart) clear(at label, p *panel, own int, y func(float64) float64, top float64) label {
	for _, off := range []float64{0, 1, -1, 1.5, -1.5, 2, -2, 3, -3} {
		moved := at
		moved.y += off * lineHeight
		if moved.y >= top+12 && moved.y <= top+p.height-2 && !c.crossed(moved, p, own, y) {
			return moved
		}
	}
	return at
}

// crossed says whether the mark or a line runs through a label. Its own does only where
// it stands beside the line's end and not behind it.
func (c *chart) crossed(at label, p *panel, own int, y func(float64) float64) bool {
	middle := at.y - 5
	through := func(height float64) bool { return math.Abs(height-middle) < lineHeight/2+2 }
	if p.mark != nil && through(y(p.mark.value)) {
		return true
	}
	from, to := at.span()
	for i := range p.lines {
		if i == own && at.anchor == "start" {
			continue
		}
		for _, point := range p.lines[i].points {
			if x := c.x(point.x); x >= from && x <= to && through(y(point.y)) {
				return true
			}
		}
	}
	return false
}

// spread moves labels so that those which overlap sideways keep a line's height apart,
// all of them between top and bottom.
func spread(labels []label, top, bottom float64) {
	sort.SliceStable(labels, func(i, j int) bool { return labels[i].y < labels[j].y })
	for i := range labels {
		labels[i].y = max(labels[i].y, top)
		for j := range i {
			if labels[i].overlaps(labels[j]) {
				labels[i].y = max(labels[i].y, labels[j].y+lineHeight)
			}
		}
	}
	for i := len(labels) - 1; i >= 0; i-- {
		labels[i].y = min(labels[i].y, bottom)
		for j := i + 1; j < len(labels); j++ {
			if labels[i].overlaps(labels[j]) {
				labels[i].y = min(labels[i].y, labels[j].y-lineHeight)
			}
		}
	}
}

func (l label) span() (from, to float64) {
	if l.anchor == "end" {
		return l.x - l.width, l.x
	}
	return l.x, l.x + l.width
}

func (l label) overlaps(other label) bool {
	from, to := l.span()
	otherFrom, otherTo := other.span()
	return from < otherTo && otherFrom < to
}

// labelRoom is how much room the labels of lines that run to the end need right of the
// plot.
func labelRoom(panels []panel) float64 {
	room := 0.0
	for _, p := range panels {
		for _, l := range p.lines {
			letters := min(utf8.RuneCountInString(l.name), longestLabel) + utf8.RuneCountInString(l.figure) + 1
			room = max(room, float64(letters)*letterWidth+14)
		}
	}
	return room
}

func drawLabels(out *strings.Builder, labels []label) {
	for _, l := range labels {
		fmt.Fprintf(out, `<text class="label %s" text-anchor="%s" x="%s" y="%s">%s <tspan class="figure">%s</tspan></text>`,
			l.class, l.anchor, num(l.x), num(l.y), html.EscapeString(l.name), html.EscapeString(l.figure))
	}
}
