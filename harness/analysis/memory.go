package analysis

import (
	"fmt"
	"math"

	"github.com/highwater-dev/highwater/harness"
)

// moment is one sample, with how well kernel and runtime agree on when it was.
type moment struct {
	t       float64
	values  map[harness.Metric]float64
	runtime bool    // the runtime answered
	skew    float64 // seconds between the two, at most
	drift   float64 // bytes by which memory may have moved meanwhile
	behind  float64 // bytes below the peak
	counted harness.Metric
	total   float64
	outside float64 // anonymous memory less what the runtime holds, drift set aside; below 0 it holds more than it wrote to
}

// memoryLedger adds up where memory was at its peak; nil where the kernel's figures are
// not known.
func (e *evidence) memoryLedger() *harness.MemoryLedger {
	m, found := e.ledgerMoment()
	if !found {
		return nil
	}
	ledger := &harness.MemoryLedger{AtSeconds: m.t, TotalBytes: harness.Bytes(whole(m.total)), Counted: m.counted, Moment: e.tellMoment(m)}
	switch {
	case !m.runtime:
		anon := m.values[harness.MemoryAnon]
		ledger.Parts = []harness.MemoryPart{part(harness.PartAnonymous, anon,
			"What the program holds for itself, %s of the total; no runtime tells what it is used for.", ofTotal(anon, m))}
	case e.isScript():
		ledger.SkewSeconds, ledger.Parts = m.skew, e.scriptParts(m)
	default:
		ledger.SkewSeconds, ledger.Parts = m.skew, e.runtimeParts(m)
	}
	ledger.Parts = append(ledger.Parts, e.kernelParts(m)...)
	rest := m.total
	for _, one := range ledger.Parts {
		rest -= float64(one.Bytes)
	}
	ledger.Parts = append(ledger.Parts, part(harness.PartUnexplained, rest, "%s", tellRest(rest, m)))
	return ledger
}

// ledgerMoment is the sample whose parts say most about the peak: the least by which it
// lies below the peak, and by which memory may have moved between its two readings. One
// in which it may have moved by much is taken only where all others are far below. What
// comes after the peak of a program that died is its teardown.
func (e *evidence) ledgerMoment() (best moment, found bool) {
	least := math.Inf(1)
	asked := e.mapped.known()
	for _, sample := range e.rec.Samples {
		m, usable := e.momentOf(sample)
		if !usable || m.runtime != asked {
			continue
		}
		worse := m.behind + m.drift
		if m.drift > m.mayMiss()/2 || m.behind > e.top*farBelow {
			worse += e.top // any other says more
		}
		if worse < least {
			best, least, found = m, worse, true
		}
	}
	return best, found
}

// momentOf reads a sample; what is no number in it was not told.
func (e *evidence) momentOf(sample harness.Sample) (m moment, usable bool) {
	m.t, m.values = sample.Seconds-e.rec.LoadStart(), map[harness.Metric]float64{}
	if !sane(m.t) || m.t < 0 || m.t > max(e.alive, e.topAt) {
		return m, false
	}
	for metric, value := range sample.Values {
		if sane(value) && value >= 0 {
			m.values[metric] = value
		}
	}
	_, counted := m.values[harness.MemoryAnon]
	_, mapped := m.values[harness.RuntimeTotal]
	_, released := m.values[harness.HeapReleased]
	_, script := m.values[harness.External]
	m.behind, m.runtime = max(e.top-e.anon.at(m.t), 0), script || mapped && released
	if m.runtime {
		e.compare(&m)
	}
	m.count()
	return m, counted
}

// compare holds the runtime's word against the kernel's. What memory may have moved
// between the two readings is neither off the heap nor unwritten.
func (e *evidence) compare(m *moment) {
	m.skew = defaultSkew
	if told, known := m.values[harness.RuntimeSkew]; known {
		m.skew = told
	}
	m.drift = m.skew * max(e.of(harness.MemoryAnon).speed(m.t), e.mapped.speed(m.t))
	m.outside = m.values[harness.MemoryAnon] - e.mapped.at(m.t)
	most := m.drift + countedBy
	m.outside -= max(min(m.outside, most), -most)
}

// count settles what has to be explained.
func (m *moment) count() {
	if usage, known := m.values[harness.MemoryUsage]; known {
		m.counted, m.total = harness.MemoryUsage, usage
		return
	}
	m.counted, m.total = harness.MemoryAnon, m.values[harness.MemoryAnon]+m.values[harness.MemoryShared]
}

// mayMiss is how much may stay unexplained before something is missing in the ledger.
func (m *moment) mayMiss() float64 { return max(explainedShare*m.total, explainedBytes) }

func part(kind harness.MemoryKind, bytes float64, format string, args ...any) harness.MemoryPart {
	return harness.MemoryPart{Kind: kind, Bytes: harness.Bytes(whole(bytes)), Means: fmt.Sprintf(format, args...)}
}

// runtimeParts are those of anonymous memory, by the runtime's own word.
func (e *evidence) runtimeParts(m moment) []harness.MemoryPart {
	v := m.values
	live := min(v[harness.HeapLive], v[harness.HeapObjects])
	parts := []harness.MemoryPart{
		part(harness.PartLiveHeap, live, "In use when the last collection looked, %s before.%s", seconds(e.sinceCollection(m.t)), e.tellLive(live, m.t)),
		part(harness.PartGarbage, v[harness.HeapObjects]-live, "Allocated since that collection, or found dead by it and not yet freed. What came since may be in use, too."),
	}
	if m.outside > 0 {
		parts = append(parts, part(harness.PartOffHeap, m.outside, "Anonymous memory that the runtime did not map, at least: mappings of the program's own, C libraries, other processes. No heap profile shows it."))
	}
	parts = append(parts,
		part(harness.PartStacks, v[harness.Stacks], "Stacks of %s.", count(v[harness.Goroutines], "goroutine")),
		part(harness.PartFreeHeap, v[harness.HeapUnused]+v[harness.HeapFree], "Empty, and not given back to the kernel: the heap will use it first."),
		part(harness.PartRuntime, m.runtimeOther(), "The runtime's own structures, which grow with the heap they describe."),
	)
	if m.outside < 0 {
		parts = append(parts, part(harness.PartNeverWritten, m.outside, "The runtime counts as much among its parts without having written to it, mostly in its own structures and in fresh buffers: it costs nothing yet, and is taken off."))
	}
	return parts
}

// runtimeOther is what the runtime mapped and does not name elsewhere. Recordings that
// do not tell it have it as the rest of the runtime's total.
func (m *moment) runtimeOther() float64 {
	v := m.values
	if told, known := v[harness.RuntimeOther]; known {
		return told
	}
	named := v[harness.HeapObjects] + v[harness.HeapUnused] + v[harness.HeapFree] + v[harness.HeapReleased] + v[harness.Stacks]
	return max(v[harness.RuntimeTotal]-named, 0)
}

// kernelParts are those that no runtime knows of. Where the kernel's count is of
// anonymous memory alone, only what was added to it is one of them.
func (e *evidence) kernelParts(m moment) (parts []harness.MemoryPart) {
	v := m.values
	shared, sharedKnown := v[harness.MemoryShared]
	if sharedKnown {
		parts = append(parts, part(harness.PartShared, shared, "%s", tellShared(shared)))
	}
	if m.counted != harness.MemoryUsage {
		return parts
	}
	if sockets, known := v[harness.MemorySocket]; known {
		parts = append(parts, part(harness.PartSockets, sockets, "In the program's socket buffers: on its way in or out, and bounded by the kernel."))
	}
	if file, known := v[harness.MemoryFile]; known {
		parts = append(parts, part(harness.PartPageCache, max(file-shared, 0), "%s", tellCache(sharedKnown)))
	}
	if kernel, known := v[harness.MemoryKernel]; known {
		parts = append(parts, part(harness.PartKernel, kernel, "The kernel's own for this program: page tables, thread stacks, open files and sockets."))
	}
	return parts
}

// sinceCollection is how long ago a collection ended, at a moment; since the load began
// where none was seen.
func (e *evidence) sinceCollection(t float64) float64 {
	cycles, last := e.of(harness.Collections).between(0, t), 0.0
	for i := 1; i < cycles.len(); i++ {
		if cycles.v[i] != cycles.v[i-1] {
			last = cycles.t[i]
		}
	}
	return t - last
}
