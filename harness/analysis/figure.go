package analysis

import (
	"math"

	"github.com/highwater-dev/highwater/harness"
)

// Figure reads a figure of a recording, and says whether it is known. What was not
// measured, or cannot be told from what was not counted, is not.
func Figure(rec *harness.Recording, name harness.Figure) (value float64, known bool) {
	read, registered := figures[name]
	if rec == nil || !registered {
		return 0, false
	}
	value, known = read(gather(rec))
	return value, known && sane(value)
}

// figures holds every registered name.
var figures = map[harness.Figure]func(*evidence) (float64, bool){
	harness.FigureDeliveredPerSecond: func(e *evidence) (float64, bool) { return e.perSecond(harness.SinkBytes) },
	harness.FigureRowsPerSecond:      func(e *evidence) (float64, bool) { return e.perSecond(harness.SinkRows) },
	harness.FigureWriteCalls: func(e *evidence) (float64, bool) {
		calls, bytes := e.during(harness.WriteCalls, harness.SinkBytes)
		return calls, calls > 0 || bytes == 0 // see WriteCalls
	},
	harness.FigureWriteCallsPerRow: func(e *evidence) (float64, bool) {
		calls, rows := e.during(harness.WriteCalls, harness.SinkRows)
		return calls / rows, calls > 0 && rows > 0
	},
	harness.FigureCPU:       func(e *evidence) (float64, bool) { return e.spent(harness.CPUTime) },
	harness.FigureSystemCPU: func(e *evidence) (float64, bool) { return e.spent(harness.SystemTime) },
	harness.FigureSystemCPUPerMillion: func(e *evidence) (float64, bool) {
		seconds, rows := e.during(harness.SystemTime, harness.SinkRows)
		return seconds / rows * 1e6, rows > 0
	},
	harness.FigurePeak:     func(e *evidence) (float64, bool) { return e.top, e.anon.known() },
	harness.FigureDuration: func(e *evidence) (float64, bool) { return e.end, e.end > 0 },
	harness.FigureProbesFailed: func(e *evidence) (float64, bool) {
		failed, all := e.during(harness.ProbesFailed, harness.ProbesTotal)
		return failed / all, all > 0
	},
	harness.FigureBacklog: func(e *evidence) (float64, bool) { return e.backlogPeak, e.backlog.known() },
}

// perSecond is the pace of a count until it stood still: the time in which a program
// that has delivered everything ends belongs to nobody's throughput.
func (e *evidence) perSecond(metric harness.Metric) (float64, bool) {
	count := e.of(metric).between(0, math.Inf(1))
	if !count.known() || count.last() == 0 {
		return 0, false
	}
	over := count.t[count.len()-1]
	for i := count.len() - 1; i >= 0 && count.v[i] == count.last(); i-- {
		over = count.t[i]
	}
	return count.last() / over, over > 0
}

// spent is the growth of what the kernel counts for the program, since the load began.
func (e *evidence) spent(metric harness.Metric) (float64, bool) {
	counted := e.of(metric).between(0, e.end)
	if counted.len() < 2 {
		return 0, false
	}
	return counted.last() - counted.v[0], true
}

// during is the growth of two counts between the first and the last sample of the load
// that hold both. The kernel's counts of a process go with it, while the peer counts on:
// a ratio needs the same span of both. Without such a span nothing is known.
func (e *evidence) during(one, other harness.Metric) (float64, float64) {
	a, b := e.of(one).between(0, e.end), e.of(other).between(0, e.end)
	if !a.known() || !b.known() {
		return math.NaN(), math.NaN()
	}
	var both []int // indices into a
	eachCommon(a, b, func(i, _ int) { both = append(both, i) })
	if len(both) < 2 {
		return math.NaN(), math.NaN()
	}
	first, last := both[0], both[len(both)-1]
	return a.v[last] - a.v[first], b.at(a.t[last]) - b.at(a.t[first])
}
