package analysis

import (
	"math"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// outsideRuntime is the anonymous memory that the runtime did not map: mappings of the
// program's own, C libraries, child processes. It is counted from what it was when the
// load began. Kernel and runtime are asked one after the other, and a busy runtime
// answers late: only what stays for a second counts.
func (e *evidence) outsideRuntime() *track {
	if !e.mapped.known() {
		return nil
	}
	raw := &track{}
	eachCommon(e.anon, e.mapped, func(i, j int) { raw.add(e.anon.t[i], max(e.anon.v[i]-e.mapped.v[j], 0)) })
	var grown *track
	base := raw.at(0)
	for _, t := range raw.t {
		grown = grown.add(t, max(lowest(raw.between(t-window/2, t+window/2))-base, 0))
	}
	return grown
}

// mappedByRuntime is what the runtime holds of the kernel, used or not; not known without
// its word. Of V8 that is its heap and what the heap's objects hold outside it.
func (e *evidence) mappedByRuntime() *track {
	var mapped *track
	total, released := e.of(harness.RuntimeTotal), e.of(harness.HeapReleased)
	if e.isScript() {
		external := e.of(harness.External)
		for i, t := range external.t {
			mapped = mapped.add(t, external.v[i]+e.of(harness.HeapObjects).at(t)+e.of(harness.HeapUnused).at(t))
		}
		return mapped
	}
	if !total.known() || !released.known() {
		return nil
	}
	for i, t := range total.t {
		mapped = mapped.add(t, total.v[i]-released.at(t))
	}
	return mapped
}

// hearCounts sees whether the peer's counts reach to the end of the run. A peer that
// died leaves a program alone with nothing to do, and memory that stays calm.
func (e *evidence) hearCounts() {
	last := math.Inf(-1)
	for metric, counts := range e.tracks {
		if strings.HasPrefix(string(metric), "source_") || strings.HasPrefix(string(metric), "sink_") {
			last, e.counted = max(last, counts.t[counts.len()-1]), true
		}
	}
	if !e.counted {
		return
	}
	var gaps []float64
	for i := 1; i < len(e.moments); i++ {
		gaps = append(gaps, e.moments[i]-e.moments[i-1])
	}
	if late := e.end - last; late > max(countsLate, 3*median(gaps)) {
		e.deaf, e.alive = min(late, e.end), max(min(e.alive, last), 0)
	}
}
