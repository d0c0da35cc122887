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
	mapped, released := e.of(harness.RuntimeTotal), e.of(harness.HeapReleased)
	if !released.known() {
		return nil
	}
	raw := &track{}
	for i, j := 0, 0; i < e.anon.len() && j < mapped.len(); {
		switch a, b := e.anon.t[i], mapped.t[j]; {
		case a < b:
			i++
		case a > b:
			j++
		default:
			raw.add(a, max(e.anon.v[i]-(mapped.v[j]-released.at(a)), 0))
			i, j = i+1, j+1
		}
	}
	var grown *track
	base := raw.at(0)
	for _, t := range raw.t {
		grown = grown.add(t, max(lowest(raw.between(t-window/2, t+window/2))-base, 0))
	}
	return grown
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
