package analysis

import (
	"math"

	"github.com/highwater-dev/highwater/harness"
)

// resource is something that a program can leave behind, besides memory.
type resource struct {
	metric harness.Metric
	name   string
}

var resources = []resource{
	{harness.Goroutines, "goroutine"},
	{harness.Descriptors, "descriptor"},
}

// leak is what stayed behind.
type leak struct {
	left, count float64 // how many stayed, of how many that went
	at          float64
	from, to    float64 // the span in which that was looked at
}

// tail is the span in which a run's last state is read: shorter for one that died.
func (e *evidence) tail() (from, to float64) {
	last := 0.0
	for _, t := range e.moments {
		if t <= e.alive {
			last = t
		}
	}
	length := settled
	if e.outcome.Died() {
		length = settled / 2
	}
	return max(last-length, 0), last
}

// tailOf is the same for a count that was told for the last time before that: a runtime
// near its limit, on a busy machine, does not answer for a second and more.
func (e *evidence) tailOf(count *track) (from, to float64) {
	from, to = e.tail()
	told := count.between(0, to)
	if told.len() == 0 {
		return from, to
	}
	last := told.t[told.len()-1]
	if last >= from || from-last > lastWord {
		return from, to
	}
	return max(last-(to-from), 0), last
}

// leftBehind says whether the floor of a count follows a counter of things that are
// over: each left at least per behind. What open connections may own is set aside.
// Either all was over for a while and the count did not come back, or it is still
// rising significantly after the warm-up.
func (e *evidence) leftBehind(count, counter *track, per, least float64) (leak, bool) {
	stayed, ok := e.stayed(count, counter, per, least)
	if !ok {
		return leak{}, false
	}
	_, rising := rises(count.between(min(warmUp, stayed.to/4), stayed.to).minima(0.25))
	restful := counter.rise(stayed.from, stayed.to) == 0 && stayed.to-stayed.from >= settled-0.1
	return stayed, rising || restful
}

// stayed is the same without the trend.
func (e *evidence) stayed(count, counter *track, per, least float64) (leak, bool) {
	from, to := e.tailOf(count)
	over := counter.rise(0, to)
	floor := lowest(count.between(from, to))
	if !count.known() || over < least || math.IsInf(floor, 1) {
		return leak{}, false
	}
	open := e.of(harness.SinkConnections).between(from, to)
	mayOwn, _ := open.peak()
	mayOwn = max(mayOwn-e.of(harness.SinkConnections).at(0), 0)*perOpen + e.pooled(from, to)
	left := floor - count.at(0) - mayOwn
	return leak{left, over, e.passed(count, count.at(0)+mayOwn+leakedEnough), from, to}, left >= max(leakedEnough, per*over)
}

// pooled is what a pool of database connections may own after all work is over: the
// database itself says how many it has open for the program.
func (e *evidence) pooled(from, to float64) float64 {
	open, _ := e.of(harness.DBConnections).between(from, to).peak()
	return max(open-e.of(harness.DBConnections).at(0), 0) * perOpen
}

// passed is the first moment since the load began at which a track exceeds a value;
// the end where it never does.
func (e *evidence) passed(k *track, value float64) float64 {
	since := k.between(0, math.Inf(1))
	for i, v := range since.v {
		if v > value {
			return since.t[i]
		}
	}
	return e.end
}

func lowest(k *track) float64 {
	low := math.Inf(1)
	for _, v := range k.v {
		low = min(low, v)
	}
	return low
}

// operations is the counter of finished or failed operations: the load driver's
// where there is one, else the sink's connections that came to an end. Streams that
// the program left early count too: a failed chain may never reach the sink.
func (e *evidence) operations() *track {
	if driver := e.of(harness.OpsTotal); driver.last() > 0 {
		return driver
	}
	sum := &track{}
	for _, t := range e.moments {
		sink := e.of(harness.SinkFinished).at(t) + e.of(harness.SinkFailed).at(t)
		sum.add(t, max(sink, e.of(harness.SourceAborted).at(t)))
	}
	return sum
}

// orphans counts source connections that stay open although the sink connection they
// were read for is gone, over the run's last seconds. Whoever is still connected may own
// one; but a program that drowns in work for nobody leaves new clients without an answer,
// and those do not speak for it. Then as many are orphans as were answered, have left, and
// saw no stream closed for them.
func (e *evidence) orphans() (leak, bool) {
	departed := e.of(harness.SinkDeparted)
	from, to := e.tail()
	over := departed.rise(0, to)
	source, sink := e.of(harness.SourceConnections), e.of(harness.SinkConnections)
	if over < 1 || !source.known() || !sink.known() {
		return leak{}, false
	}
	first := e.passed(departed, departed.at(0))
	before := first
	for i, t := range departed.t {
		if t >= first {
			before = departed.t[max(i-1, 0)]
			break
		}
	}
	usual := source.at(before) - sink.at(before)
	left := math.Inf(1)
	for _, t := range e.moments {
		if t >= from && t <= to {
			answered := source.at(t) - e.of(harness.SinkAnswered).at(t) - max(usual, 0)
			left = min(left, max(source.at(t)-sink.at(t)-usual, min(answered, e.leftAnswered(t)-e.streamsClosed(t))))
		}
	}
	least := 1.0
	if departed.rise(from, to) > 0 || to-from < settled-0.1 {
		least = leakedEnough // departures go on: some are always on their way out
	}
	return leak{left, over, first, from, to}, !math.IsInf(left, 1) && left >= max(least, perDeparture*over)
}

// leftAnswered is how many readers, at least, had left by a moment after they had received
// something.
func (e *evidence) leftAnswered(t float64) float64 {
	return e.of(harness.SinkAnsweredTotal).at(t) - e.of(harness.SinkAnswered).at(t) - e.of(harness.SinkFinished).at(t) - e.of(harness.SinkFailed).at(t)
}

// streamsClosed is how many streams of the source had come to an end by a moment.
func (e *evidence) streamsClosed(t float64) float64 {
	return e.of(harness.SourceEnded).at(t) + e.of(harness.SourceAborted).at(t)
}

// forNobody is how much the program took while no sink connection was open at all,
// after one had been left, in the run's last seconds, and to their end: what was on its
// way when the last reader left may arrive late.
func (e *evidence) forNobody() (bytes float64, ok bool) {
	from, to := e.tail()
	departed, sink := e.of(harness.SinkDeparted), e.of(harness.SinkConnections)
	if departed.at(from) < 1 || to-from < settled-0.1 || !sink.known() {
		return 0, false
	}
	if most, _ := sink.between(from, to).peak(); most > 0 || sink.at(from) > 0 {
		return 0, false
	}
	bytes = e.of(harness.SourceBytes).rise(from, to)
	return bytes, bytes > e.bound && e.of(harness.SourceBytes).rise((from+to)/2, to) >= bytes/4
}
