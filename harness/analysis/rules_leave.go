package analysis

import (
	"fmt"
	"math"

	"github.com/highwater-dev/highwater/harness"
)

// poolStarvation: health probes fail while memory is calm and connections wait for
// the sink: something else than memory is used up. A burst at the beginning that takes a
// remedy less than half a window to end is no starvation.
func (e *evidence) poolStarvation() (finding, bool) {
	waiting := e.of(harness.SinkUnread).between(0, math.Inf(1))
	most, _ := waiting.peak()
	stalled, _ := e.of(harness.SinkStalled).peak()
	unread := e.slowShare(harness.SinkUnreadSeconds, harness.SinkConnectionSeconds)
	calm := e.heldGrowth <= e.bound+noise || !e.beyondByMemory() && !e.heldInMemory()
	if e.outcome.Died() || !calm || (most <= 0 && stalled <= 0 && unread < unreadShare) {
		return finding{}, false
	}
	sent, failed := e.of(harness.ProbesTotal), e.of(harness.ProbesFailed)
	for _, t := range e.moments {
		from := max(t-probeWindow, 0)
		n, bad := sent.rise(from, t), failed.rise(from, t)
		if n >= probesEnough && bad >= probesFailing*n && t >= min(probeWindow, e.end) {
			return finding{fmt.Sprintf("%s of %s failed while memory stayed calm (grew %s) and %s waited for the sink: what they hold is used up",
				number(failed.at(e.end)), count(sent.at(e.end), "health probe"), human(e.heldGrowth), count(e.mostOpen(), "connection")), t}, true
		}
	}
	return finding{}, false
}

func (e *evidence) mostOpen() float64 {
	most, _ := e.of(harness.SinkConnections).between(0, math.Inf(1)).peak()
	return most
}

// retained: something follows the connections that were left.
func (e *evidence) retained() (finding, bool) {
	departed := e.of(harness.SinkDeparted)
	if departed.last() < 1 {
		return finding{}, false
	}
	if found, ok := e.orphans(); ok {
		return finding{fmt.Sprintf("%s left by their readers, and %s still open at the source at the end: the work goes on for nobody",
			were(found.count, "connection"), were(found.left, "stream")), found.at}, true
	}
	for _, kind := range resources {
		if found, ok := e.leftBehind(e.of(kind.metric), departed, perDeparture, 1); ok {
			return finding{fmt.Sprintf("%s left by their readers, and %s stayed behind",
				were(found.count, "connection"), count(found.left, kind.name)), found.at}, true
		}
	}
	if e.beyondByMemory() && departed.last() >= leakedEnough && e.follows(departed, e.end, false) && !e.grewBeforeLeaving() {
		return finding{fmt.Sprintf("memory followed the connections that were left by their readers: %s after %s of them",
			human(e.heldGrowth), number(departed.last())), e.passed(e.anon, e.base+e.bound)}, true
	}
	if taken, ok := e.forNobody(); ok {
		return finding{fmt.Sprintf("%s had left and nobody else came, yet another %s were taken from the source",
			count(departed.last(), "reader"), human(taken)), e.passed(departed, departed.last()-1)}, true
	}
	return finding{}, false
}

// stalledConsumer: something follows connections that stopped reading, and the
// program gives up on none of them; or its clients hang because only the other end
// of the chain was closed.
func (e *evidence) stalledConsumer() (finding, bool) {
	if found, ok := e.hanging(); ok {
		return found, true
	}
	stalled := e.of(harness.SinkStalled)
	most, _ := stalled.between(0, math.Inf(1)).peak()
	if most < leakedEnough {
		return finding{}, false
	}
	if !e.beyondByMemory() {
		return e.stalledResources(most)
	}
	at := e.passed(e.anon, e.base+e.bound)
	_, arriving := rises(stalled.between(min(warmUp, e.end/4), e.end))
	if (arriving && e.follows(stalled, e.end, false)) || e.stalledHeld(most) {
		return finding{fmt.Sprintf("memory followed the connections that stopped reading: %s for %s of them, and none was given up",
			human(e.heldGrowth), number(most)), at}, true
	}
	return finding{}, false
}

// stalledHeld: readers have stopped for two seconds or more, each stream waits for
// its own reader, and the program has closed hardly any.
func (e *evidence) stalledHeld(most float64) bool {
	for _, span := range e.phases {
		to := min(span.To, e.end)
		if !span.Stopped || to-span.From < settled {
			continue
		}
		if e.of(harness.SinkStalled).at(to-0.1) >= hungryShare*most && e.sourcePressure(to-window, to) >= blockedShare {
			return true
		}
	}
	return false
}

// stalledResources: goroutines or descriptors keep rising with stalled connections,
// although a program that gives up on them would have reached a level.
func (e *evidence) stalledResources(most float64) (finding, bool) {
	from := min(warmUp, e.end/4)
	stalled := e.of(harness.SinkStalled).between(from, e.end)
	if _, arriving := rises(stalled); !arriving || stalled.rise(from, e.end) < 2*leakedEnough {
		return finding{}, false
	}
	for _, kind := range resources {
		count := e.of(kind.metric).between(from, e.end).minima(0.25)
		_, rising := rises(count)
		if rose := count.rise(from, e.end); rising && rose >= perDeparture*stalled.rise(from, e.end) {
			return finding{fmt.Sprintf("%ss rose by %s with the connections that stopped reading (%s at last), and none was given up",
				kind.name, number(rose), number(most)), e.passed(count, count.at(0)+leakedEnough)}, true
		}
	}
	return finding{}, false
}

// hanging: the program left streams of the source early, and at least half as many
// readers still wait at the end, hungry, for an end that never comes. Readers that have
// stopped reading wait for nothing: the end may have been sent to them.
func (e *evidence) hanging() (finding, bool) {
	from, to := e.tail()
	aborted, open := e.of(harness.SourceAborted), e.of(harness.SinkConnections)
	sources, stalled := e.of(harness.SourceConnections), e.of(harness.SinkStalled)
	over := aborted.at(from)
	if over < 1 || to-from < settled/2-0.1 || !open.known() {
		return finding{}, false
	}
	left := math.Inf(1)
	for _, t := range e.moments {
		if t >= from && t <= to {
			left = min(left, open.at(t)-sources.at(t)-stalled.at(t))
		}
	}
	if math.IsInf(left, 1) || left < max(1, perDeparture*over) || e.of(harness.SinkBytes).rise(from, to) > 0 {
		return finding{}, false
	}
	return finding{fmt.Sprintf("the program left %s of the source early, and %s never told that no more would come",
		count(over, "stream"), were(left, "reader")), e.passed(aborted, 0)}, true
}

// leakedDescriptors: descriptors follow finished operations, and no goroutine each
// holds them: such a goroutine would be the leak, the descriptor only its luggage.
func (e *evidence) leakedDescriptors() (finding, bool) {
	files, ok := e.leftBehind(e.of(harness.Descriptors), e.operations(), perOperation, leakedEnough)
	if !ok {
		return finding{}, false
	}
	if _, held := e.heldByGoroutines(files); held {
		return finding{}, false
	}
	return finding{fmt.Sprintf("%s ended, and %s stayed open", count(files.count, "operation"), count(files.left, "descriptor")), files.at}, true
}

// heldByGoroutines says whether goroutines stayed, too, about one for two descriptors or
// more: for each operation, since the two may have been counted for the last time apart.
// The descriptors' trend is enough, for a busy runtime tells its goroutines seldom; but
// they must have become more together to the last, as a pool of workers would not.
func (e *evidence) heldByGoroutines(files leak) (leak, bool) {
	routines := e.of(harness.Goroutines)
	held, stayed := e.stayed(routines, e.operations(), perOperation, leakedEnough)
	half := held.to / 2
	together := routines.rise(half, held.to) >= e.of(harness.Descriptors).rise(half, held.to)/2
	return held, stayed && together && held.left/held.count >= files.left/files.count/2
}

// leakedGoroutines: goroutines follow finished operations, or hold descriptors that do.
func (e *evidence) leakedGoroutines() (finding, bool) {
	found, ok := e.leftBehind(e.of(harness.Goroutines), e.operations(), perOperation, leakedEnough)
	if !ok {
		if files, leaked := e.leftBehind(e.of(harness.Descriptors), e.operations(), perOperation, leakedEnough); leaked {
			found, ok = e.heldByGoroutines(files)
		}
	}
	if !ok {
		return finding{}, false
	}
	return finding{fmt.Sprintf("%s ended, and %s stayed behind", count(found.count, "operation"), count(found.left, "goroutine")), found.at}, true
}
