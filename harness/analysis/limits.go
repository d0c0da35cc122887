package analysis

import "github.com/highwater-dev/highwater/harness"

// Thresholds of the rules. Sizes are bytes, times seconds, shares 0 to 1.
const (
	// defaultBound applies where a scenario names none: four loopback connections'
	// worth of kernel buffers (about 4 MiB each).
	defaultBound = 16 * float64(harness.MiB)
	// noise is what a sound program's memory moves by itself: collectors let garbage
	// reach twice the live heap, and heap profiles sample (0 to 6 MiB flips measured).
	noise = 8 * float64(harness.MiB)
	// nodeSiteNoise is the same for V8's sampling profile, which leaves Buffers out:
	// it shows the place of a leak, never its size.
	nodeSiteNoise = 512 * float64(harness.KiB)
	// scriptMayHide is how much of a script's growth, as a share, may lie outside V8's heap
	// where V8's profiles are still to name its place.
	scriptMayHide = 0.9
	// nearlyAll of what a group of streams holds, in one of them, makes that one the culprit.
	nearlyAll = 0.9
	// slowSiteNoise lets a slow leak be placed at all.
	slowSiteNoise = 1 * float64(harness.MiB)

	// recognisedShare of what arrived is the least that recognised rows must cover to
	// be believed, where arrivedShare of all that was taken arrived. Two rows in a line
	// of which one is found cover 0.5; what is left out between a stream's last row
	// and its end is far less than 5 %.
	recognisedShare = 0.6
	arrivedShare    = 0.95

	// countsLate is how long before the end of a run the last count of both ends may
	// lie, or three times the usual distance of samples where that is more: an
	// unwatched run has one line a second. Both ends are asked once more after every end.
	countsLate = 1.0

	// window is the sliding span of pressures and of the brake.
	window = 1.0
	// trendWindow is the span over which the backlog's trend must hold.
	trendWindow = 2.0
	// trendReadings are the fewest that it is looked for in: five that rise one after the
	// other are not significant (p = 0.014), eight with two pairs of equal ones still are.
	trendReadings = 8
	// deathNoticed is how long after a death it may be recorded (an engine's event: 5 to
	// 500 ms). Until then its connections look as if the program had closed them.
	deathNoticed = 0.5
	// askEvery is how often the trend is looked for.
	askEvery = 0.1
	// warmUp is left out where connections ramp up: with less, ramps of innocent
	// programs were taken for leaks (5 of 45), with 2 s none.
	warmUp = 2.0
	// significant is the p-value below which a trend counts.
	significant = 0.01

	// braked: the source waited at least blockedShare of a window, and the program
	// took at most brakeFactor times what it delivered.
	blockedShare = 0.5
	brakeFactor  = 2.0
	// levelFactor is the same from the brake to the end of the slow stretch, where
	// batches and kernel buffers no longer matter.
	levelFactor = 1.25
	// brakeHeld is the share of the rest of the slow stretch in which that must be
	// so: a pause of the collector blocks the source for a moment, too.
	brakeHeld = 2.0 / 3
	// brakeTolerance is taken in a window without being delivered: batches.
	brakeTolerance = 256 * float64(harness.KiB)

	// kernelHides is what the kernel takes of an answer at once, whoever reads it: the
	// least send buffer and a small receive buffer.
	kernelHides = 256 * float64(harness.KiB)

	// unreadShare says that the sink pushed back.
	unreadShare = 0.2
	// hungryShare says that the sink wanted to read.
	hungryShare = 0.8
	// nothingDelivered leaves room for a response's headers.
	nothingDelivered = 64 * float64(harness.KiB)

	// followsCorrelation, or a slope between the two with a weaker correlation, says
	// that memory follows the backlog. Rows cost 1.05 (64 KiB Buffers) to about 4
	// bytes a byte (a goroutine each), and part of a backlog lies in the kernel.
	followsCorrelation = 0.8
	weakCorrelation    = 0.5
	followsSlopeMin    = 0.4
	followsSlopeMax    = 6.0

	// weighsAtLeast is the share of a backlog that memory must have grown by, where it is
	// held against the backlog by weight alone.
	weighsAtLeast = 0.7

	// probeWindow is longer than a probe's own time limit (2 to 3 s).
	probeWindow   = 5.0
	probesFailing = 0.5
	probesEnough  = 4

	// perDeparture and perOperation are how many goroutines or descriptors each
	// departed connection or finished operation must leave behind.
	perDeparture = 0.5
	perOperation = 0.2
	// leakedEnough is the smallest rise of a count that is not chance.
	leakedEnough = 5
	// operationsEnough is how many must have ended before "each leaves something
	// behind" means anything; it also engages a scenario of operations.
	operationsEnough = 20
	// perOpen is how many goroutines or descriptors an open connection may own: two
	// of net/http, two of the handler; both sockets, a file and one more.
	perOpen = 4
	// lastWord is how long before a run's tail, in seconds, a count may have been told for
	// the last time and still speak for it.
	lastWord = 3.0
	// settled is how long after the last departure everything should be gone.
	settled = 2.0

	// slowLeakRise is the smallest rise of the floor: map growth and pools move less.
	slowLeakRise = 128 * float64(harness.KiB)
	// slowLeakFloors is how many floors a slow leak must be seen in.
	slowLeakFloors = 8

	// triedOnly is what a source stream that is opened and left at once may seem to have
	// taken: it lay in the first window of the kernel's buffers.
	triedOnly = 1 * float64(harness.MiB)

	// samplesEnough is how many samples after the load's begin can acquit.
	samplesEnough = 10
	// gapSeconds between samples is worth a warning.
	gapSeconds = 1.0
	// lateProfile is how far below the limit, as a share, memory may have been at
	// the last profile of a program that died.
	lateProfile = 0.15
	// nearLimit is where a dying program thrashes: what the source feels there is
	// not the program's brake.
	nearLimit = 0.9

	// defaultSkew, in seconds, stands in where a recording does not tell how far apart
	// kernel and runtime were read: a line of samples takes no longer.
	defaultSkew = 0.05
	// driftSpan is how far around a moment, in seconds, its growth is looked for: some
	// samples on either side.
	driftSpan = 0.25
	// countedBy is what two figures of one moment may differ by: the kernel counts in
	// batches of pages.
	countedBy = 64 * float64(harness.KiB)
	// explained: more than this share and these bytes unexplained means that something is
	// missing in the memory ledger.
	explainedShare = 0.05
	explainedBytes = 8 * float64(harness.MiB)
	// farBelow the peak, as a share of it, a moment says little about the peak.
	farBelow = 0.25
)
