package reports

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// memoryClass names the colour of a kind of memory in the page's style, in the order in
// which a bar shows them: what the runtime may not have written to comes last, since it
// is taken off there.
var memoryClass = []struct {
	kind  harness.MemoryKind
	class string
}{
	{harness.PartLiveHeap, "live"}, {harness.PartScriptHeap, "live"}, {harness.PartAnonymous, "anonymous"}, {harness.PartGarbage, "garbage"},
	{harness.PartBuffers, "buffers"}, {harness.PartExternal, "external"}, {harness.PartOffHeap, "offheap"},
	{harness.PartShared, "shared"}, {harness.PartSockets, "sockets"}, {harness.PartPageCache, "cache"}, {harness.PartKernel, "kernel"},
	{harness.PartUnexplained, "unexplained"}, {harness.PartStacks, "stacks"}, {harness.PartFreeHeap, "free"}, {harness.PartRuntime, "runtime"},
}

// memoryRow is a part of a ledger in a table.
type memoryRow struct {
	harness.MemoryPart
	Size, Share string
}

// memoryRows are the parts that hold anything.
func memoryRows(ledger *harness.MemoryLedger) (rows []memoryRow) {
	if ledger == nil {
		return nil
	}
	for _, one := range ledger.Parts {
		if one.Bytes != 0 {
			rows = append(rows, memoryRow{one, takenOff(one.Bytes), shareOf(one.Bytes, ledger.TotalBytes)})
		}
	}
	return rows
}

// takenOff prints what is taken off with a minus that no line break can lose.
func takenOff(b harness.Bytes) string {
	if b < 0 {
		return "−" + size(-b)
	}
	return size(b)
}

// shareOf is the share of a part, negative where it is taken off.
func shareOf(b, total harness.Bytes) string {
	text := percent(ratio(math.Abs(float64(b)), float64(total)))
	if b < 0 && !strings.HasPrefix(text, "<") {
		return "−" + text
	}
	return text
}

// countedAs says whose figure the total is.
func countedAs(ledger *harness.MemoryLedger) string {
	if ledger.Counted == harness.MemoryUsage {
		return "all that the kernel charges to the program, which is what the limit is held against"
	}
	return "anonymous and shared memory, as the kernel counts it"
}

// memoryKey is an entry of the legend.
type memoryKey struct {
	Class string
	Kind  harness.MemoryKind
}

// memoryKeys are the kinds that occur.
func memoryKeys(all []*variantView) (keys []memoryKey) {
	for _, one := range memoryClass {
		for _, v := range all {
			if v.V.Memory != nil && v.V.Memory.Part(one.kind).Bytes > 0 {
				keys = append(keys, memoryKey{one.class, one.kind})
				break
			}
		}
	}
	return keys
}

const (
	memoryRowHeight = 58.0
	memoryBarHeight = 24.0
)

// memoryChart draws one stacked bar for each run on one scale, once for each width;
// empty where no run has a ledger.
func memoryChart(all []*variantView) (drawings template.HTML) {
	var drawn []*variantView
	widest := 0.0
	for _, v := range all {
		if v.V.Memory != nil && v.V.Memory.TotalBytes > 0 {
			drawn = append(drawn, v)
			widest = max(widest, float64(v.V.LimitBytes), partsSum(v.V.Memory))
		}
	}
	if len(drawn) == 0 {
		return ""
	}
	for _, shape := range []struct {
		name  string
		width float64
	}{{"wide", wideWidth}, {"medium", mediumWidth}, {"narrow", narrowWidth}} {
		drawings += memoryBars(drawn, shape.name, shape.width, widest)
	}
	return drawings
}

// partsSum is what the parts that hold something come to, before anything is taken off.
func partsSum(ledger *harness.MemoryLedger) (sum float64) {
	for _, one := range ledger.Parts {
		sum += max(float64(one.Bytes), 0)
	}
	return sum
}

func memoryBars(drawn []*variantView, shape string, width, widest float64) template.HTML {
	var out strings.Builder
	var names []string
	for _, v := range drawn {
		names = append(names, v.Name+" "+size(v.V.Memory.TotalBytes))
	}
	fmt.Fprintf(&out, `<svg class="chart memory %s" viewBox="0 0 %s %s" role="img" aria-label="%s" xmlns="http://www.w3.org/2000/svg">`,
		shape, num(width), num(memoryRowHeight*float64(len(drawn))), html.EscapeString("Where memory was at its peak: "+strings.Join(names, "; ")))
	for i, v := range drawn {
		drawMemoryBar(&out, v, memoryRowHeight*float64(i), width, (width-8)/widest)
	}
	out.WriteString(`</svg>`)
	return template.HTML(out.String()) //nolint:gosec // every text above went through EscapeString
}

// drawMemoryBar draws the parts of one run, covers what the kernel does not count, and
// marks the limit.
func drawMemoryBar(out *strings.Builder, v *variantView, top, width, scale float64) {
	ledger, bar := v.V.Memory, top+24
	figure := size(ledger.TotalBytes)
	if v.V.LimitBytes > 0 {
		figure += " of " + size(v.V.LimitBytes)
	}
	room := int((width-float64(len(figure))*letterWidth)/letterWidth) - 2
	fmt.Fprintf(out, `<text x="0" y="%s"><tspan class="label %s">%s</tspan></text><text class="figure" text-anchor="end" x="%s" y="%[1]s">%[5]s</text>`,
		num(bar-8), lineClass(v), html.EscapeString(shorten(v.Name, room)), num(width), html.EscapeString(figure))
	x := 0.0
	for _, one := range memoryClass {
		bytes := float64(ledger.Part(one.kind).Bytes)
		if bytes <= 0 {
			continue
		}
		fmt.Fprintf(out, `<rect class="part %s" x="%s" y="%s" width="%s" height="%s"><title>%s</title></rect>`, one.class, num(x), num(bar),
			num(bytes*scale), num(memoryBarHeight), html.EscapeString(fmt.Sprintf("%s: %s", one.kind, size(harness.Bytes(bytes)))))
		x += bytes * scale
	}
	if total := float64(ledger.TotalBytes) * scale; x-total >= 1 {
		fmt.Fprintf(out, `<rect class="ghost" x="%s" y="%s" width="%s" height="%s"><title>not counted by the kernel</title></rect>`,
			num(total), num(bar), num(x-total), num(memoryBarHeight))
	}
	if v.V.LimitBytes > 0 {
		at := num(math.Min(float64(v.V.LimitBytes)*scale, width-1))
		fmt.Fprintf(out, `<line class="mark" x1="%[1]s" x2="%[1]s" y1="%[2]s" y2="%[3]s"/>`, at, num(bar-5), num(bar+memoryBarHeight+5))
	}
}

// markdownMemory is the ledger of one run, folded up.
func markdownMemory(text *strings.Builder, v *variantView) {
	ledger := v.V.Memory
	if ledger == nil {
		return
	}
	fmt.Fprintf(text, "<details><summary>Where the memory of %s was, at its peak or near it: %s</summary>\n\n%s: %s.\n\n| part | bytes | share | what it means |\n|---|--:|--:|---|\n",
		html.EscapeString(printable(v.Name)), size(ledger.TotalBytes), mdText(ledger.Moment), countedAs(ledger))
	for _, row := range memoryRows(ledger) {
		fmt.Fprintf(text, "| %s | %s | %s | %s |\n", mdText(string(row.Kind)), row.Size, row.Share, mdText(row.Means))
	}
	text.WriteString("\n</details>\n\n")
}
