package analysis_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/highwater-dev/highwater/harness"
)

// exportRows is where V8's profiles find what a script holds: below node's own functions.
var exportRows = []frame{{"write_", "node:_http_outgoing", 890}, {"exportRows", "/app/export.mjs", 12}}

// script makes a program one of Node.js: more adds what V8 says, given how much the script
// holds of the rows, in bytes.
func script(p program, more func(t, held float64, v values)) program {
	held := 0.0
	p.variant = harness.Variant{Name: "node/test", Node: &harness.Node{Script: "./test.mjs"}}
	p.sites = exportRows
	p.extra = func(t float64, v values) {
		if taken, sampled := v[harness.SourceBytes]; sampled {
			held = max(taken-v[harness.SinkBytes]-kernel, 0)
		}
		v[harness.HeapObjects], v[harness.HeapUnused] = 6*mib+held*1.35, mib
		v[harness.External], v[harness.ArrayBuffers] = 2*mib, mib
		v[harness.HeapLive] = v[harness.HeapObjects] + v[harness.External]
		more(t, held, v)
	}
	return p
}

func asItIs(float64, float64, values) {}

// listed is an inventory of streams, t seconds after the load began.
func listed(t float64, groups ...harness.StreamGroup) harness.Event {
	return harness.Event{Seconds: loadAt + t, Kind: harness.EventStreams, Streams: groups}
}

func side(mark, buffered, most int64) *harness.StreamSide {
	return &harness.StreamSide{HighWaterMark: mark, Buffered: buffered, Most: most, BufferedBytes: buffered, MostBytes: most}
}

var (
	fullSockets = harness.StreamGroup{Class: "Socket", Count: 3, NeedDrain: 1, Readable: side(65536, 0, 0), Writable: side(65536, 90<<20, 90<<20)}
	stages      = harness.StreamGroup{Class: "Enrich", Count: 20,
		Readable: &harness.StreamSide{Objects: true, HighWaterMark: 16, Buffered: 320, Most: 16, BufferedBytes: 32_000_000, MostBytes: 1_600_000}}
)

// withStreams adds inventories.
func withStreams(p program, lists ...harness.Event) program {
	p.events = lists
	return p
}

// gaveUp reads nothing for two seconds before V8 gives up.
var gaveUp = program{rows: 2e6, buffer: 200 * mib, ends: 7.6, limit: 900 * mib,
	exit: &harness.Exit{Code: 134, By: harness.ByProgram}, stderr: "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"}

var scripts = []judged{
	{"script that does not wait", withStreams(script(program{rows: 2e6, buffer: unbounded}, asItIs), listed(2, fullSockets, stages), listed(1, stages)),
		harness.CauseUnboundedBuffer, harness.OutcomeOOMKilled, true, "exportRows"},
	{"script in its last collection", script(gaveUp, asItIs), harness.CauseUnboundedBuffer, harness.OutcomeHeapExhausted, true, "exportRows"},
	{"script whose memory is taken back before its end is seen", script(gaveUp, func(t, _ float64, v values) {
		if t > 6.9 {
			v[harness.MemoryAnon] = 90 * mib
		}
	}), harness.CauseUnboundedBuffer, harness.OutcomeHeapExhausted, true, "exportRows"},
	{"script with too large a mark, in objects", withStreams(script(program{buffer: 60 * mib}, asItIs), listed(-0.5, fullSockets), listed(6, stages)),
		harness.CauseOversizedBuffer, harness.OutcomeCompleted, true, "exportRows"},
	{"script that waits", withStreams(script(program{rows: 60_000}, asItIs), listed(8, harness.StreamGroup{Class: "Socket", Count: 2, Writable: side(65536, 70_000, 70_000)})),
		harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"script that waits, and makes garbage at full speed", script(program{rows: 100_000}, func(t, _ float64, v values) {
		garbage := 45 * mib * math.Abs(math.Sin(t))
		v[harness.HeapObjects] += garbage
		v[harness.MemoryAnon] += garbage + 8*mib
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"script whose native memory grows", script(program{rows: 100_000}, func(t, _ float64, v values) {
		v[harness.MemoryAnon] += 8*mib + min(t*8, 64)*mib
	}), harness.CauseUnknown, harness.OutcomeCompleted, true, ""},
	{"script whose worker makes garbage", script(program{rows: 100_000}, func(t, _ float64, v values) {
		v[harness.MemoryAnon] += 8*mib + min(t*3, 28)*mib
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"script that keeps some bytes of each request", script(operations(func(float64, values) {}), func(t, _ float64, v values) {
		v[harness.OpsTotal] = ramp(t, 0, 20, 1e9)
		v[harness.HeapLive] = 8*mib + v[harness.OpsTotal]*20*1024 + 30*1024*math.Sin(v[harness.OpsTotal])
	}), harness.CauseSlowLeak, harness.OutcomeCompleted, true, "exportRows"},
}

// scriptHolds is what V8 and the kernel say of a script with 100 MiB of Buffers.
func scriptHolds() values {
	return values{
		harness.HeapObjects: 20 * mib, harness.HeapUnused: 3 * mib, harness.External: 104 * mib, harness.ArrayBuffers: 100 * mib, harness.RuntimeSkew: 0.002,
		harness.MemoryAnon: 140 * mib, harness.MemoryShared: 0, harness.MemoryFile: mib, harness.MemoryKernel: 2 * mib, harness.MemoryUsage: 143 * mib,
	}
}

func TestMemoryLedgerOfAScript(t *testing.T) {
	ledger := ledgerOf(t, scriptHolds(), scriptHolds())
	got := bytesOf(ledger)
	for kind, want := range map[harness.MemoryKind]float64{
		harness.PartScriptHeap: 20, harness.PartBuffers: 100, harness.PartExternal: 4, harness.PartFreeHeap: 3,
		harness.PartOffHeap: 13, harness.PartPageCache: 1, harness.PartKernel: 2,
	} {
		assert.InDelta(t, want, got[kind], 0.2, kind)
	}
	assert.NotContains(t, got, harness.PartLiveHeap)

	fresh := ledgerOf(t, changed(scriptHolds(), values{harness.MemoryAnon: 110 * mib, harness.MemoryUsage: 113 * mib}))
	assert.InDelta(t, -17, bytesOf(fresh)[harness.PartNeverWritten], 0.2, "Buffers that nobody has written to")
	assert.NotContains(t, bytesOf(fresh), harness.PartOffHeap)

	silent := ledgerOf(t, changed(scriptHolds(), values{harness.External: math.NaN(), harness.HeapObjects: math.NaN()}))
	assert.InDelta(t, 140, bytesOf(silent)[harness.PartAnonymous], 0.2)
}
