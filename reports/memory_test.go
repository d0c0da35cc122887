package reports

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/highwater-dev/highwater/harness"
)

func TestGoroutinesAreCountedAndLeaksFound(t *testing.T) {
	s := scene("leaks", "", 256*harness.MiB, 16*harness.MiB, 8)
	made := recorded{scenario: s, variant: harness.Variant{Name: "go/broken"}, seconds: 4, slow: 8, anon: flat(mib), backlog: flat(0), leaked: 40, sources: "broken"}
	view := goroutines(record(t, filepath.Join(t.TempDir(), "leaks"), made))
	assert.Equal(t, &goroutineView{
		Trend: "12 when the load began, 52 at most, 52 at the end", Leaked: 40,
		Leaks: "40 leaked, 39 of them at main.feed.func1 (main.go:24), 4 s after the load began",
	}, view)
	made.leaked = 0
	assert.Nil(t, goroutines(record(t, filepath.Join(t.TempDir(), "silent"), made)), "no runtime was asked")
	assert.Nil(t, goroutines(nil))
}

func TestDescriptorsAreTabledByTarget(t *testing.T) {
	run := &harness.Recording{Events: []harness.Event{
		{Kind: harness.EventDescriptors, Targets: map[string]int{"socket:[N]": 2, "/dev/null": 3}},
		{Kind: harness.EventDescriptors, Phase: "slow", Targets: map[string]int{"socket:[N]": 42, "/dev/null": 3, "pipe:[N]": 3}},
	}}
	assert.Equal(t, &descriptorView{Moments: []string{"before the load", "end of slow"}, Last: 48, Rows: []targetRow{
		{"socket:[N]", []int64{2, 42}}, {"/dev/null", []int64{3, 3}}, {"pipe:[N]", []int64{0, 3}},
	}}, descriptors(run))
	for i := range 20 {
		run.Events[1].Targets["/file"+strings.Repeat("x", i)] = 1
	}
	view := descriptors(run)
	assert.Len(t, view.Rows, maxTargetRows)
	assert.Equal(t, targetRow{"12 other targets", []int64{0, 12}}, view.Rows[maxTargetRows-1])
	assert.Nil(t, descriptors(&harness.Recording{}))

	var text strings.Builder
	markdownDescriptors(&text, &variantView{Open: view, V: harness.Verdict{Cause: harness.CauseLeakedDescriptors}})
	assert.Equal(t, "  - descriptors, end of slow: 42 `socket:[N]`, 3 `/dev/null`, 3 `pipe:[N]`\n", text.String())
}

func TestMemoryIsDrawnOnOneScaleAndTabled(t *testing.T) {
	small := &harness.MemoryLedger{TotalBytes: 8 * harness.MiB, Parts: []harness.MemoryPart{
		{Kind: harness.PartLiveHeap, Bytes: 10 * harness.MiB, Means: "a | b"}, {Kind: harness.PartShared}, {Kind: harness.PartNeverWritten, Bytes: -2 * harness.MiB}}}
	views := []*variantView{
		{Name: "go/<small>", V: harness.Verdict{Memory: small, LimitBytes: 256 * harness.MiB}},
		{Name: "go/unknown"},
	}
	drawn := string(memoryBars(views[:1], "wide", 264, float64(256*harness.MiB)))
	assert.Contains(t, drawn, `<rect class="part live" x="0" y="24" width="10" height="24">`)
	assert.Contains(t, drawn, `<rect class="ghost" x="8" y="24" width="2" height="24">`)
	assert.Contains(t, drawn, `x1="256"`, "the limit")
	assert.NotContains(t, drawn, "<small>")
	assert.Equal(t, 1, strings.Count(string(memoryChart(views)), `class="chart memory wide"`))
	assert.Empty(t, memoryChart(views[1:]))
	assert.Equal(t, []memoryKey{{"live", harness.PartLiveHeap}}, memoryKeys(views))

	var text strings.Builder
	markdownMemory(&text, views[0])
	assert.Contains(t, text.String(), "| live heap | 10 MiB | 125 % | a \\| b |")
	assert.Contains(t, text.String(), "| never written | −2 MiB | −25 % |")
	assert.NotContains(t, text.String(), "| shared |")
}
