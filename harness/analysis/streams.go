package analysis

import (
	"fmt"

	"github.com/highwater-dev/highwater/harness"
)

// fullest is the fullest group of streams that a run's lists hold, with the list that it
// stands in; nil where none was taken since the load began.
func (e *evidence) fullest() *harness.FullStream {
	var full *harness.FullStream
	for _, event := range e.rec.Events {
		t := event.Seconds - e.rec.LoadStart()
		if event.Kind != harness.EventStreams || !sane(t) || t < 0 {
			continue
		}
		for _, group := range event.Streams {
			if full == nil || group.HeldBytes() > full.HeldBytes() {
				full = &harness.FullStream{StreamGroup: group, AtSeconds: t}
			}
		}
	}
	return full
}

// streamWords says what the fullest streams held, where that is a good part of what grew.
func (e *evidence) streamWords(full *harness.FullStream) string {
	if full == nil || float64(full.HeldBytes()) < max(noise, e.bound/4) {
		return ""
	}
	side, one := "readable", full.Readable
	if one == nil || full.Writable != nil && full.Writable.BufferedBytes > one.BufferedBytes {
		side, one = "writable", full.Writable
	}
	who := count(float64(full.Count), "stream") + " of class " + full.Class
	if full.Count > 1 && float64(one.MostBytes) >= nearlyAll*float64(one.BufferedBytes) {
		who = "one of " + who
	}
	held := fmt.Sprintf("%s held %s", who, human(float64(one.BufferedBytes)))
	if one.Objects {
		return fmt.Sprintf("%s in %s on the %s side (mark %s, at most %s in one) at %s", held, count(float64(one.Buffered), "object"), side,
			count(float64(one.HighWaterMark), "object"), number(float64(one.Most)), seconds(full.AtSeconds))
	}
	return fmt.Sprintf("%s on the %s side (mark %s) at %s", held, side, human(float64(one.HighWaterMark)), seconds(full.AtSeconds))
}
