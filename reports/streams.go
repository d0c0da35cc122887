package reports

import (
	"fmt"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// streamList is what lay in a script's streams at one moment.
type streamList struct {
	When string
	Rows []streamRow
}

// streamRow is a group of streams that are alike.
type streamRow struct {
	Class              string
	Count, NeedDrain   int64
	Readable, Writable sideView
	Written            string // what sockets have handed to the kernel, and the one that handed over most
	// Full marks the group that the verdict names.
	Full bool
}

// sideView is one side of the streams: its mark, what lies in all of them, and in the
// fullest one.
type sideView struct{ Mark, Buffered, Most string }

// maxStreamRows bounds a table: streams with little in them explain no leak.
const maxStreamRows = 10

// streams are the two lists that say most: the one in which most was held, and the last.
func streams(run *harness.Recording, full *harness.FullStream) (lists []streamList) {
	if run == nil || full == nil {
		return nil
	}
	var fullest, last *harness.Event
	for i, event := range run.Events {
		if event.Kind != harness.EventStreams {
			continue
		}
		last = &run.Events[i]
		if event.Seconds-run.LoadStart() == full.AtSeconds {
			fullest = last
		}
	}
	for _, event := range []*harness.Event{fullest, last} {
		if event != nil && (len(lists) == 0 || event != fullest) {
			lists = append(lists, newStreamList(run, *event, full, event == fullest))
		}
	}
	return lists
}

func newStreamList(run *harness.Recording, event harness.Event, full *harness.FullStream, isFullest bool) streamList {
	list := streamList{When: fmt.Sprintf("%s after the load began, in %s", seconds(event.Seconds-run.LoadStart()), event.Phase)}
	for _, group := range event.Streams[:min(len(event.Streams), maxStreamRows)] {
		list.Rows = append(list.Rows, streamRow{
			Class: group.Class, Count: int64(group.Count), NeedDrain: int64(group.NeedDrain),
			Readable: newSide(group.Readable), Writable: newSide(group.Writable), Written: written(group),
			Full: isFullest && group.Class == full.Class && group.HeldBytes() == full.HeldBytes() && group.HeldBytes() > 0,
		})
	}
	return list
}

func written(group harness.StreamGroup) string {
	switch {
	case group.MostWrittenBytes == 0:
		return "–"
	case group.MostWrittenBytes == group.WrittenBytes:
		return size(harness.Bytes(group.WrittenBytes))
	}
	return fmt.Sprintf("%s (%s by one)", size(harness.Bytes(group.WrittenBytes)), size(harness.Bytes(group.MostWrittenBytes)))
}

func newSide(side *harness.StreamSide) sideView {
	if side == nil {
		return sideView{"–", "–", "–"}
	}
	if side.Objects {
		return sideView{plural(side.HighWaterMark, "object"), objects(side.Buffered, side.BufferedBytes), objects(side.Most, side.MostBytes)}
	}
	return sideView{size(harness.Bytes(side.HighWaterMark)), size(harness.Bytes(side.Buffered)), size(harness.Bytes(side.Most))}
}

// objects says how many there are, and about how large they are together.
func objects(n, bytes int64) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%s (%s)", plural(n, "object"), size(harness.Bytes(bytes)))
}

// markdownStreams is the table that names the culprit, where the program was convicted.
func markdownStreams(text *strings.Builder, v *variantView) {
	if len(v.Streams) == 0 || !v.V.Convicted() {
		return
	}
	list := v.Streams[0]
	fmt.Fprintf(text, "<details><summary>What lay in the streams of %s, %s</summary>\n\n| stream | how many | wait for drain | readable: mark | buffered | in one | writable: mark | buffered | in one | given to the kernel |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
		mdText(v.Name), list.When)
	for _, row := range list.Rows {
		fmt.Fprintf(text, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", mdCode(row.Class), count(row.Count), count(row.NeedDrain),
			row.Readable.Mark, row.Readable.Buffered, row.Readable.Most, row.Writable.Mark, row.Writable.Buffered, row.Writable.Most, row.Written)
	}
	text.WriteString("\n</details>\n\n")
}
