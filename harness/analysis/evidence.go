package analysis

import (
	"math"
	"slices"

	"github.com/highwater-dev/highwater/harness"
)

// evidence is all that the decision table may look at. It is computed once, before
// the first rule is asked. Seconds count from the beginning of the load.
type evidence struct {
	rec     *harness.Recording
	tracks  map[harness.Metric]*track
	moments []float64 // of all samples from the beginning of the load to the end
	end     float64
	alive   float64 // the last moment at which the program surely lived, and was counted
	counted bool    // whether either end of the wire counted anything at all
	deaf    float64 // how long before the end the counts of both ends ended; 0 where they did not
	phases  []PhaseSpan
	slow    []PhaseSpan // adjacent slow phases joined
	outcome harness.Outcome
	exit    *harness.Exit
	oom     bool
	bound   float64
	limit   float64

	ledger
	memory
	brake
	warnings []string
}

// memory is what the program held.
type memory struct {
	anon   *track // anonymous and shared memory; not known on some machines
	floors *track // live heap right after a forced collection
	base   float64
	top    float64
	topAt  float64
	growth float64
	// held is the best measure of what is really held: floor, stacks and what lies
	// outside the runtime where a survivor's runtime tells them, else anonymous memory.
	held       *track
	heldGrowth float64
	heldAt     float64
	mapped     *track // what the runtime holds of the kernel
	outside    *track // anonymous memory that is not the runtime's, since the load began
}

func gather(rec *harness.Recording) *evidence {
	e := &evidence{rec: rec, tracks: newTracks(rec), end: endOf(rec)}
	e.phases = phaseSpans(rec, e.end)
	e.slow = slowStretches(e.phases)
	e.bound, e.limit = limitsOf(rec)
	e.moments = momentsOf(rec, e.end)
	e.decideOutcome()
	e.alive = e.end
	if e.outcome.Died() || e.outcome == harness.OutcomeCrashed {
		e.alive = max(e.end-deathNoticed, 0)
	}
	e.hearCounts()
	e.keepLedger()
	e.weighMemory()
	e.findBrake()
	e.warn()
	return e
}

// isScript says whether the program told its figures by V8's inspector.
func (e *evidence) isScript() bool { return e.of(harness.External).known() }

// of is a metric's track; a track that was never recorded reads as 0.
func (e *evidence) of(metric harness.Metric) *track { return e.tracks[metric] }

func limitsOf(rec *harness.Recording) (bound, limit float64) {
	scenario, variant := rec.Info.Scenario, rec.Info.Variant
	bound, limit = float64(scenario.Bound), float64(scenario.Limits.Memory)
	if variant.Bound > 0 {
		bound = float64(variant.Bound)
	}
	if variant.Limits != nil && variant.Limits.Memory > 0 {
		limit = float64(variant.Limits.Memory)
	}
	if bound <= 0 {
		bound = defaultBound
	}
	return min(bound, hugest), min(max(limit, 0), hugest)
}

func momentsOf(rec *harness.Recording, end float64) []float64 {
	var moments []float64
	for _, sample := range rec.Samples {
		if t := sample.Seconds - rec.LoadStart(); sane(t) && t >= 0 && t <= end {
			moments = append(moments, t)
		}
	}
	slices.Sort(moments)
	return slices.Compact(moments)
}

func (e *evidence) weighMemory() {
	m := &e.memory
	m.anon, m.mapped = e.unreclaimable(), e.mappedByRuntime()
	m.base = m.anon.at(0)
	m.top, m.topAt = m.anon.between(0, math.Inf(1)).peak()
	m.growth = max(m.top-m.base, 0)
	m.floors = e.forcedFloors()
	m.held = m.anon
	collected := m.floors.len() >= 3
	if collected && (!e.outcome.Died() || !m.anon.known()) {
		m.held, m.outside = &track{}, e.outsideRuntime()
		for i, t := range m.floors.t {
			m.held.add(t, m.floors.v[i]+e.of(harness.Stacks).at(t)+m.outside.at(t))
		}
	}
	top, at := m.held.between(0, math.Inf(1)).peak()
	m.heldGrowth, m.heldAt = max(top-m.held.at(0), 0), at
}

// unreclaimable is what the kernel cannot take back without swap: anonymous memory, and
// what lies in tmpfs and memfd. A program that spools into either holds it.
func (e *evidence) unreclaimable() *track {
	anon, shared := e.of(harness.MemoryAnon), e.of(harness.MemoryShared)
	if !anon.known() || !shared.known() {
		return anon
	}
	sum := &track{}
	for i, t := range anon.t {
		sum.add(t, anon.v[i]+shared.at(t))
	}
	return sum
}

// forcedFloors reads the live heap that profile events carry. Where profiles carry none, the
// runtime's own "live as of the last collection" stands in.
func (e *evidence) forcedFloors() *track {
	floors := &track{}
	for _, event := range e.rec.Events {
		value, found := event.Values[harness.HeapLive]
		t := event.Seconds - e.rec.LoadStart()
		if event.Kind == harness.EventProfile && found && sane(t) && sane(value) && value > 0 {
			if n := floors.len(); n == 0 || t >= floors.t[n-1] {
				floors.add(t, value)
			}
		}
	}
	if floors.len() > 0 {
		return floors
	}
	return e.toldFloors()
}

// toldFloors are those after every collection, by the runtime's word. What was allocated while
// one ran counts as live in it.
func (e *evidence) toldFloors() *track {
	told, live := &track{}, e.of(harness.HeapLive)
	for i := range live.len() {
		if value := live.v[i]; value > 0 && (i == 0 || value != live.v[i-1]) {
			told.add(live.t[i], value)
		}
	}
	return told
}
