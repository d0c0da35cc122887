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
	if e.outcome.Died() && e.limit > 0 && e.anon.at(to) >= nearLimit*e.limit {
		return false
	}
	taken := e.of(harness.SourceBytes).rise(from, to)
	return e.sourcePressure(from, to) >= blockedShare && e.sinkPressure(from, to) >= unreadShare &&
		taken <= brakeFactor*e.delivered.rise(from, to)+e.brakeSlack()
}

// brakeSlack is what may be taken in a window without being delivered.
func (e *evidence) brakeSlack() float64 { return max(brakeTolerance, e.bound/32) }

// offeredUntil is when the last row was on offer: a source at its end waits for nobody.
func (e *evidence) offeredUntil() float64 {
	offered := e.of(harness.SourceConnectionSeconds)
	return e.passed(offered, offered.last()-0.01)
}

// levelsOff says whether the backlog stopped growing: a program that takes twice what
// it delivers, because a processor holds it up, passes each window and fails here.
func (e *evidence) levelsOff(from, to float64) bool {
	taken, delivered := e.of(harness.SourceBytes).rise(from, to), e.delivered.rise(from, to)
	return taken <= levelFactor*delivered+e.brakeSlack()
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
