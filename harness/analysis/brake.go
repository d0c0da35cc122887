package analysis

import "github.com/highwater-dev/highwater/harness"

// brake is the pressure that reached the source because the sink was slow.
type brake struct {
	braked  bool
	brakeAt float64
}

// findBrake looks for the moment from which on, to the end of a slow stretch, the
// source was made to wait. Blocked time alone proves nothing: an unpaced source and
// a busy processor block a program that hoards, too. So in the same window the sink
// must have pushed back and the program must have taken no more than about what it
// delivered; and it must stay so, for a collector's pause looks the same for a moment.
func (e *evidence) findBrake() {
	for _, stretch := range e.slow {
		stretch.To = min(stretch.To, e.offeredUntil())
		span := min(window, (stretch.To-stretch.From)/2)
		if span <= 0 {
			continue
		}
		var at []float64
		var holds []bool
		for _, t := range e.moments {
			if t >= stretch.From+span && t <= stretch.To {
				at, holds = append(at, t), append(holds, e.brakedIn(t-span, t))
			}
		}
		levels := func(from float64) bool { return e.levelsOff(from, stretch.To) }
		if moment, ok := heldFrom(at, holds, levels); ok {
			e.brake = brake{true, moment}
			return
		}
	}
}

func (e *evidence) brakedIn(from, to float64) bool {
	if e.thrashes(from, to) {
		return false
	}
	waits := e.sourcePressure(from, to) >= blockedShare || e.unreadByProgram(from, to) >= blockedShare
	return waits && e.sinkPressure(from, to) >= unreadShare && e.keepsUp(from, to, brakeFactor)
}

// thrashes says whether a program that died for want of memory had next to none left in a
// span. A runtime gives up at a limit of its own, which was where it ended. Before an end is
// seen, the kernel takes memory back for a while: the last readings are of little.
func (e *evidence) thrashes(from, to float64) bool {
	ceiling := e.limit
	if e.outcome == harness.OutcomeHeapExhausted {
		ceiling, _ = e.anon.peak()
	}
	highest, _ := e.anon.between(from, to).peak()
	return e.outcome.Died() && ceiling > 0 && max(highest, e.anon.at(to)) >= nearLimit*ceiling
}

// unreadByProgram is the share of what the source wrote that stayed in the program's receive
// queues: a program that has stopped reading leaves it there, and as long as the kernel
// makes the buffers larger (to 12 MiB and more each), the source does not wait.
func (e *evidence) unreadByProgram(from, to float64) float64 {
	written, unread := e.of(harness.SourceBytes).rise(from, to), e.of(harness.SocketUnread)
	if written <= e.brakeSlack() {
		return 0
	}
	return (unread.growing(to) - unread.growing(from)) / written
}

// keepsUp says whether a program took at most so many times what it delivered. What
// went into kernel queues it did not take: a receive buffer that the kernel makes larger
// all the time lets the source write on, long after the program has stopped reading. But
// queues are read more seldom than the peer counts, and rows are counted when they are
// whole: what the source could not write nobody took, whatever queues seem to say.
func (e *evidence) keepsUp(from, to, factor float64) bool {
	return e.tookAtMost(factor, e.backlog.rise(from, to), from, to)
}

// levelsOff says the same of a longer time, by the trend of the backlog: a program that
// takes twice what it delivers, because a processor holds it up, passes each window and
// fails here. One that fills its buffers again in batches may do so right at the end.
func (e *evidence) levelsOff(from, to float64) bool {
	backlog := e.backlog.between(from, to).thinned(60)
	return e.tookAtMost(levelFactor, theilSen(backlog.t, backlog.v)*(to-from), from, to)
}

func (e *evidence) tookAtMost(factor, piledUp, from, to float64) bool {
	written, delivered := e.of(harness.SourceBytes).rise(from, to), e.delivered.rise(from, to)
	return min(written, piledUp+delivered) <= factor*delivered+e.brakeSlack()
}

// brakeSlack is what may be taken in a window without being delivered.
func (e *evidence) brakeSlack() float64 { return max(brakeTolerance, e.bound/32) }

// offeredUntil is when the last row was on offer: a source at its end waits for nobody.
func (e *evidence) offeredUntil() float64 {
	offered := e.of(harness.SourceConnectionSeconds)
	return e.passed(offered, offered.last()-0.01)
}

// heldFrom is the earliest moment that holds, from which on most do and all has
// leveled off, at least half a window before the end.
func heldFrom(at []float64, holds []bool, leveled func(float64) bool) (float64, bool) {
	good, first, found := 0, 0.0, false
	for i := len(at) - 1; i >= 0; i-- {
		if !holds[i] {
			continue
		}
		good++
		rest := len(at) - i
		if float64(good) >= brakeHeld*float64(rest) && rest >= 3 && at[len(at)-1]-at[i] >= window/2 && leveled(at[i]) {
			first, found = at[i], true
		}
	}
	return first, found
}
