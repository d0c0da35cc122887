package analysis

import (
	"fmt"
	"math"

	"github.com/highwater-dev/highwater/harness"
)

// lostData: the program ended well, and rows are missing or doubled all the same.
func (e *evidence) lostData() (finding, bool) {
	doubled := e.of(harness.SinkDuplicates).last()
	if e.readersLost(hugest) > 0 {
		doubled = 0 // who lost its reader may send again what may not have arrived
	}
	if e.misread || !e.endedWell || e.missing+doubled <= 0 {
		return finding{}, false
	}
	clause := fmt.Sprintf("the program ended its work, yet of %s taken ", count(e.of(harness.SourceRows).last(), "row"))
	switch {
	case e.missing > 0 && doubled > 0:
		clause += fmt.Sprintf("%s never arrived and %s arrived more than once", number(e.missing), number(doubled))
	case e.missing > 0:
		clause += number(e.missing) + " never arrived"
	default:
		clause += number(doubled) + " arrived more than once"
	}
	return finding{clause, e.lossSeen()}, true
}

// lossSeen is the moment at which loss showed: the first hole or double, else the end.
func (e *evidence) lossSeen() float64 {
	return min(e.passed(e.of(harness.SinkHoles), 0), e.passed(e.of(harness.SinkDuplicates), 0))
}

// wholePayload: the source is read on and on, and a sink that wants to read gets
// nothing. A program that connects to its sink only when it has everything counts.
func (e *evidence) wholePayload() (finding, bool) {
	if (!e.lossless && !e.beyondByBacklog()) || (e.anon.known() && e.growth < followsSlopeMin*e.bound) || e.overflowed() {
		return finding{}, false
	}
	for _, t := range e.moments {
		if e.of(harness.SinkRows).at(t) > 0 || e.of(harness.SinkBytes).at(t) > nothingDelivered {
			return finding{}, false
		}
		// An unpaced source fills the bound before the first byte can be through.
		early := t < min(window, e.end/2)
		if early || e.unexplained.at(t) <= e.bound || e.of(harness.SourceBytes).rise(t-window, t) <= 0 {
			continue
		}
		connected := e.of(harness.SinkConnectionsTotal).at(t) > 0 || e.of(harness.SinkConnections).at(t) > 0
		hungry := share(e.of(harness.SinkHungrySeconds), e.of(harness.SinkConnectionSeconds), 0, t)
		if connected && hungry < hungryShare {
			continue
		}
		wanted := "no connection to the sink was even opened"
		if connected {
			wanted = fmt.Sprintf("the sink waited for bytes %s of the time and got none", percent(hungry))
		}
		return finding{fmt.Sprintf("%s were taken from the source while %s: everything is gathered before anything is sent",
			human(e.backlogPeakBeforeDelivery()), wanted), t}, true
	}
	return finding{}, false
}

// overflowed: the first bytes arrived while every stream had much more to offer, which
// was then taken too. What had been gathered was a bufferful, and not the payload.
func (e *evidence) overflowed() bool {
	first := min(e.passed(e.of(harness.SinkRows), 0), e.passed(e.of(harness.SinkBytes), nothingDelivered))
	return e.streamsClosed(first) == 0 && e.of(harness.SourceBytes).rise(first, e.end) > triedOnly
}

// backlogPeakBeforeDelivery is how much was gathered until the first row arrived.
func (e *evidence) backlogPeakBeforeDelivery() float64 {
	peak := 0.0
	for _, t := range e.moments {
		if e.of(harness.SinkRows).at(t) > 0 || e.of(harness.SinkBytes).at(t) > nothingDelivered {
			break
		}
		peak = max(peak, e.backlog.at(t))
	}
	return peak
}

// unboundedBuffer: the backlog passed the bound while it was rising significantly,
// memory went with it, and the source was never made to wait for the sink.
func (e *evidence) unboundedBuffer() (finding, bool) {
	at, rising := e.backlogTrend()
	if e.braked || !rising || !e.heldInMemory() {
		return finding{}, false
	}
	return finding{fmt.Sprintf("memory followed the backlog (%s taken and not delivered, bound %s) while %s",
		human(e.backlogPeak), human(e.bound), e.unheard()), at}, true
}

// unheard says how little the source noticed of the slow sink. Where it waited all
// the same, for a busy processor, the two speeds tell that it was not for the sink.
func (e *evidence) unheard() string {
	pressure := e.slowShare(harness.SourceBlockedSeconds, harness.SourceConnectionSeconds)
	if pressure < unreadShare || e.backlogPeakAt <= 0 {
		return fmt.Sprintf("the source was never made to wait for the sink (pressure %s)", percent(pressure))
	}
	taken, delivered := e.of(harness.SourceBytes).rise(0, e.backlogPeakAt), e.delivered.rise(0, e.backlogPeakAt)
	return fmt.Sprintf("the program took %s/s and delivered %s/s: what made the source wait %s of the time was not the sink",
		human(taken/e.backlogPeakAt), human(delivered/e.backlogPeakAt), percent(pressure))
}

// oversizedBuffer: the brake works, but far too late.
func (e *evidence) oversizedBuffer() (finding, bool) {
	if !e.braked || !e.beyondByBacklog() || !e.heldInMemory() {
		return finding{}, false
	}
	return finding{fmt.Sprintf("its buffer has too large a bound: %s were taken and not delivered (bound %s) before the source was made to wait, %s after the load began",
		human(e.backlogPeak), human(e.bound), seconds(e.brakeAt)), e.passed(e.backlog, e.bound)}, true
}

// heldInMemory: what was taken and not delivered is found in memory again. Where
// memory could not be read, the two ends of the wire decide alone.
func (e *evidence) heldInMemory() bool {
	if !e.beyondByBacklog() {
		return false
	}
	return !e.anon.known() || e.follows(e.backlog, min(e.backlogPeakAt, e.end), true) || e.weighsAsMuch()
}

// weighsAsMuch: when the backlog was largest, memory had grown by about as much. On a busy
// machine the two are read too unevenly to move together, and it has to lie somewhere.
func (e *evidence) weighsAsMuch() bool {
	grown := e.anon.at(e.backlogPeakAt) - e.base
	return grown >= weighsAtLeast*e.backlogPeak && grown <= followsSlopeMax*e.backlogPeak
}

// backlogTrend is the first moment at which the backlog is beyond the bound and has
// been rising significantly for the trend's window. It is seen long before a kill.
func (e *evidence) backlogTrend() (float64, bool) {
	if e.unexplainedPeak <= e.bound {
		return 0, false
	}
	asked := math.Inf(-1)
	for _, t := range e.moments {
		if e.unexplained.at(t) <= e.bound || t-asked < askEvery {
			continue
		}
		asked = t
		span := e.trendSpan(t)
		if span.len() < 2 {
			continue
		}
		slope, rising := rises(span)
		if rising && slope*(span.t[span.len()-1]-span.t[0]) >= e.bound/8 {
			return t, true
		}
	}
	return 0, false
}

// trendSpan is the backlog over the trend's window, or over as many readings as can tell a
// trend at all, where a busy machine left fewer in it.
func (e *evidence) trendSpan(t float64) *track {
	span := e.backlog.between(max(t-trendWindow, 0), t)
	if span.len() < trendReadings {
		all := e.backlog.between(0, t)
		from := max(all.len()-trendReadings, 0)
		span = &track{all.t[from:], all.v[from:]}
	}
	return span.thinned(60)
}
