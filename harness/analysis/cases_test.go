package analysis_test

import (
	"math"

	"github.com/highwater-dev/highwater/harness"
)

// cases hold, for every row of the table, a program that must be convicted and near
// misses that must not be. All are constructed.
var cases = []judged{
	// unbounded-buffer
	{"ignored backpressure", program{rows: 2e6, buffer: unbounded, sites: queueWrite},
		harness.CauseUnboundedBuffer, harness.OutcomeOOMKilled, true, "main.(*queue).Write"},
	{"ignored backpressure survives", program{rows: 80_000, offer: 16 * mib, buffer: unbounded, limit: 512 * mib, sites: queueWrite},
		harness.CauseUnboundedBuffer, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"busy processor blocks the source of a broken program", program{rows: 2e6, buffer: unbounded, starve: 0.6, limit: 128 * mib, sites: queueWrite},
		harness.CauseUnboundedBuffer, harness.OutcomeOOMKilled, true, "main.(*queue).Write"},
	{"a reader that stops at once", program{rows: 2e6, slow: -1, buffer: unbounded, sites: queueWrite},
		harness.CauseUnboundedBuffer, harness.OutcomeOOMKilled, true, "main.(*queue).Write"},
	{"no heap profile", program{rows: 2e6, buffer: unbounded, blind: true},
		harness.CauseUnboundedBuffer, harness.OutcomeOOMKilled, true, ""},
	{"memory cannot be read", program{rows: 2e6, buffer: unbounded, limit: 4096 * mib, blind: true, length: 6, offer: 20 * mib,
		extra: func(_ float64, v values) { delete(v, harness.MemoryAnon); delete(v, harness.Stacks) }},
		harness.CauseUnboundedBuffer, harness.OutcomeCompleted, true, ""},
	{"sound", program{rows: 60_000},
		harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"sound without collections", program{rows: 60_000, litter: 20 * mib, limit: 512 * mib},
		harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"sound and a reader that stops", program{rows: 60_000, slow: -1},
		harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"broken and a fast reader", program{rows: 100_000, fast: true, buffer: unbounded},
		harness.CauseNone, harness.OutcomeCompleted, false, ""},
	{"broken and too small a load", program{rows: 6_000, offer: 4 * mib, buffer: unbounded},
		harness.CauseNone, harness.OutcomeCompleted, false, ""},

	{"kernel buffers beyond the bound", program{rows: 60_000, bound: 3 * harness.MiB},
		harness.CauseNone, harness.OutcomeCompleted, true, ""},

	{"kernel queues are read and set aside", program{rows: 60_000, bound: 3 * harness.MiB,
		extra: func(_ float64, v values) { v[harness.SocketQueues] = kernel }},
		harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"kernel queues hide no leak", program{rows: 2e6, buffer: unbounded, sites: queueWrite,
		extra: func(_ float64, v values) { v[harness.SocketQueues] = kernel }},
		harness.CauseUnboundedBuffer, harness.OutcomeOOMKilled, true, "main.(*queue).Write"},

	// oversized-buffer
	{"oversized buffer plateau", program{rows: 200_000, buffer: 90 * mib, sites: queueWrite},
		harness.CauseOversizedBuffer, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"a kernel queue that grows before an oversized buffer", program{rows: 200_000, buffer: 90 * mib, sites: queueWrite, extra: growingQueue(200_000)},
		harness.CauseOversizedBuffer, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"a kernel queue that grows before an unbounded one", program{rows: 2e6, buffer: unbounded, starve: 0.6, sites: queueWrite, extra: growingQueue(2e6)},
		harness.CauseUnboundedBuffer, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"a kernel queue that takes all, so that the source never waits", program{rows: 200_000, buffer: 90 * mib, sites: queueWrite, extra: unfelt(growingQueue(200_000))},
		harness.CauseOversizedBuffer, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"the same before a buffer without a bound", program{rows: 2e6, buffer: unbounded, starve: 0.6, sites: queueWrite, extra: unfelt(growingQueue(2e6))},
		harness.CauseUnboundedBuffer, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"an oversized buffer whose memory is read seldom", program{rows: 200_000, buffer: 90 * mib, blind: true, extra: func(t float64, v values) {
		if math.Mod(t, 2.5) > 0.06 {
			delete(v, harness.MemoryAnon)
		}
	}}, harness.CauseOversizedBuffer, harness.OutcomeCompleted, true, ""},
	{"kernel queues that are read seldom", program{rows: 200_000, buffer: 90 * mib, sites: queueWrite,
		extra: func(t float64, v values) { v[harness.SocketQueues] = 24*mib - 3*mib*ramp(t, 2, 1, 6) }},
		harness.CauseOversizedBuffer, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"nothing is sent before a large buffer is full", program{rows: 200_000, buffer: 90 * mib, fills: true, sites: queueWrite},
		harness.CauseOversizedBuffer, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"a buffer that holds the whole payload", program{rows: 80_000, buffer: 90 * mib, fills: true, sites: queueWrite},
		harness.CauseWholePayload, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"buffer just within its bound", program{rows: 60_000, buffer: 10 * mib},
		harness.CauseNone, harness.OutcomeCompleted, true, ""},

	// lost-data
	{"drops when full", program{rows: 200_000, drops: true},
		harness.CauseLostData, harness.OutcomeCompleted, true, ""},
	{"delivers twice", program{rows: 60_000, extra: func(t float64, v values) { v[harness.SinkDuplicates] = ramp(t, 3, 2, 7) }},
		harness.CauseLostData, harness.OutcomeCompleted, true, ""},
	{"stopped early", program{rows: 2e6, ends: 9, exit: &harness.Exit{Signal: "terminated", By: harness.ByHighwater}},
		harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"gives up on the source and stays", program{rows: 2e6, ends: 4, exit: &harness.Exit{Signal: "terminated", By: harness.ByHighwater}, extra: func(t float64, v values) {
		if t >= 3.5 {
			v[harness.SourceAborted], v[harness.SourceConnections] = 1, 0
		}
	}}, harness.CauseNone, harness.OutcomeCompleted, false, ""},
	{"ends of its own accord and much is left", program{rows: 2e6, ends: 4, exit: &harness.Exit{By: harness.ByProgram}, extra: func(t float64, v values) {
		if t >= 3.9 {
			v[harness.SourceAborted], v[harness.SourceConnections] = 1, 0
		}
	}}, harness.CauseNone, harness.OutcomeCompleted, false, ""},

	// whole-payload
	{"gathers the whole payload", program{rows: 2e6, gather: true, sites: []frame{{"io.ReadAll", "io.go", 1}, {"main.export", "/app/main.go", 12}}},
		harness.CauseWholePayload, harness.OutcomeOOMKilled, false, "main.export"},
	{"gathers and never connects", program{rows: 2e6, gather: true, sites: queueWrite, extra: func(_ float64, v values) {
		for _, m := range []harness.Metric{harness.SinkConnections, harness.SinkConnectionsTotal, harness.SinkConnectionSeconds, harness.SinkHungrySeconds} {
			v[m] = 0
		}
	}}, harness.CauseWholePayload, harness.OutcomeOOMKilled, false, "main.(*queue).Write"},
	{"gathers first and survives", program{rows: 60_000, offer: 20 * mib, gather: true, sites: queueWrite},
		harness.CauseWholePayload, harness.OutcomeCompleted, false, "main.(*queue).Write"},
	{"gathers less than its bound", program{rows: 10_000, gather: true},
		harness.CauseNone, harness.OutcomeCompleted, false, ""},

	// pool-starvation
	{"pool is empty", program{rows: 60_000, extra: func(t float64, v values) {
		v[harness.ProbesTotal], v[harness.ProbesFailed] = ramp(t, -2, 2, 40), ramp(t, 1, 2, 14)
		v[harness.SinkStalled] = 20
	}}, harness.CausePoolStarvation, harness.OutcomeCompleted, true, ""},
	{"pool is empty until the remedy takes hold", program{rows: 60_000, extra: func(t float64, v values) {
		v[harness.ProbesTotal], v[harness.ProbesFailed] = ramp(t, 0, 10, 200), ramp(t, 2, 10, 14)
		v[harness.SinkStalled] = 20
	}}, harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"a few slow probes", program{rows: 60_000, extra: func(t float64, v values) {
		v[harness.ProbesTotal], v[harness.ProbesFailed] = ramp(t, -2, 10, 200), ramp(t, 1, 2, 15)
		v[harness.SinkStalled] = 20
	}}, harness.CauseNone, harness.OutcomeCompleted, true, ""},

	// retained-after-disconnect
	{"feeders outlive their clients", disconnects(program{buffer: unbounded, rows: 2e6, sites: queueWrite}, func(t float64, v values) {
		v[harness.Goroutines] = 12 + 2*v[harness.SinkDeparted]
		v[harness.SourceConnections] = 10 + v[harness.SinkDeparted]
	}), harness.CauseRetained, harness.OutcomeOOMKilled, true, "main.(*queue).Write"},
	{"ten readers leave and ten cursors stay", disconnects(program{stays: true, rows: 60_000}, func(t float64, v values) {
		v[harness.SinkDeparted] = ramp(t, 1, 1000, 10)
		v[harness.SinkConnections] = 10 - v[harness.SinkDeparted]
		v[harness.SourceConnections] = 10
	}), harness.CauseRetained, harness.OutcomeCompleted, true, ""},
	{"one reader of the source goes on for nobody", disconnects(program{stays: true, rows: 60_000}, func(t float64, v values) {
		v[harness.SinkDeparted] = ramp(t, 0.3, 10, 47)
		v[harness.SinkConnections], v[harness.SourceConnections] = 10-ramp(t, 5, 1e9, 10), 1
		v[harness.SourceBytes] = 30 * mib * t
	}), harness.CauseRetained, harness.OutcomeCompleted, true, ""},
	{"it stops with the last reader, and what was on its way comes late", disconnects(program{stays: true, rows: 60_000}, func(t float64, v values) {
		v[harness.SinkDeparted] = ramp(t, 0.3, 10, 47)
		v[harness.SinkConnections], v[harness.SourceConnections] = 10-ramp(t, 5, 1e9, 10), 1
		v[harness.SourceBytes] = 40 * mib * min(t, 9)
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"it works for those who left, and answers nobody else", disconnects(program{stays: true, rows: 60_000}, func(t float64, v values) {
		v[harness.SourceConnections] = v[harness.SinkDeparted] + 2
		v[harness.SinkAnsweredTotal], v[harness.SinkAnswered] = v[harness.SinkDeparted]+1, 1
		v[harness.SinkConnections] = ramp(t, 1, 20, 80)
	}), harness.CauseRetained, harness.OutcomeCompleted, true, ""},
	{"readers leave, their streams end, and others wait for an answer", disconnects(program{stays: true, rows: 60_000}, func(t float64, v values) {
		v[harness.SourceAborted] = v[harness.SinkDeparted]
		v[harness.SinkAnsweredTotal], v[harness.SinkAnswered] = v[harness.SinkDeparted], 0
		v[harness.SinkConnections] = ramp(t, 1, 20, 80)
		v[harness.SourceConnections] = v[harness.SinkConnections]
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"readers leave before any answer, and others wait for one", disconnects(program{stays: true, rows: 60_000}, func(t float64, v values) {
		v[harness.SinkConnections] = ramp(t, 1, 20, 80)
		v[harness.SourceConnections] = v[harness.SinkConnections]
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"readers leave and everything goes", disconnects(program{stays: true, rows: 60_000}, func(t float64, v values) {
		v[harness.Goroutines] = 52 + math.Mod(t*40, 7)
		v[harness.Descriptors] = 30 + math.Mod(t*40, 5)
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},

	// stalled-consumer
	{"nobody gives up on readers that stopped", program{rows: 2e6, slow: -1, buffer: 160 * mib, factor: 1, limit: 512 * mib, sites: queueWrite,
		extra: func(t float64, v values) { stall(v, ramp(t, 0, 40, 30)) }},
		harness.CauseStalledConsumer, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"readers that stopped are given up", program{rows: 60_000, slow: -1,
		extra: func(t float64, v values) { stall(v, ramp(t, 0, 30, 30)*max(0, 1-math.Floor(t/3))) }},
		harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"readers that stopped are given up and cannot notice", program{rows: 60_000, slow: -1, ends: 8, exit: &harness.Exit{Signal: "terminated", By: harness.ByHighwater},
		extra: func(t float64, v values) {
			stall(v, ramp(t, 0, 10, 30))
			v[harness.SourceAborted] = ramp(t, 1, 10, 30)
			v[harness.SourceConnections] = v[harness.SinkStalled] - v[harness.SourceAborted]
			v[harness.SinkBytes] = min(v[harness.SinkBytes], 8*mib)
		}}, harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"readers hang when only the source is closed", program{rows: 60_000, ends: 8, exit: &harness.Exit{Signal: "terminated", By: harness.ByHighwater},
		extra: func(t float64, v values) {
			v[harness.SourceAborted] = ramp(t, 2, 10, 10)
			v[harness.SinkConnections], v[harness.SourceConnections] = 10, 10-v[harness.SourceAborted]
			v[harness.SinkBytes] = min(v[harness.SinkBytes], 8*mib)
		}}, harness.CauseStalledConsumer, harness.OutcomeCompleted, false, ""},

	// leaked-descriptors, leaked-goroutines
	{"descriptors stay", operations(func(done float64, v values) { v[harness.Descriptors] = 10 + done }),
		harness.CauseLeakedDescriptors, harness.OutcomeCompleted, true, ""},
	{"goroutines stay and hold descriptors", operations(func(done float64, v values) {
		v[harness.Descriptors], v[harness.Goroutines] = 10+done, 12+done
	}), harness.CauseLeakedGoroutines, harness.OutcomeCompleted, true, ""},
	{"goroutines hold descriptors, and are told last long before the kill", lastWord(operations(func(done float64, v values) {
		v[harness.Descriptors], v[harness.Goroutines] = 10+done, 12+done
		if done > 20*4.4 {
			delete(v, harness.Goroutines)
		}
	})), harness.CauseLeakedGoroutines, harness.OutcomeOOMKilled, true, ""},
	{"goroutines hold descriptors, and are told seldom", operations(func(done float64, v values) {
		v[harness.Descriptors], v[harness.Goroutines] = 10+done, 12+done
		if math.Mod(done, 40) > 2 {
			delete(v, harness.Goroutines)
		}
	}), harness.CauseLeakedGoroutines, harness.OutcomeCompleted, true, ""},
	{"descriptors stay beside a pool of workers", operations(func(done float64, v values) {
		v[harness.Descriptors], v[harness.Goroutines] = 10+done, 12+min(done*3, 100)
	}), harness.CauseLeakedDescriptors, harness.OutcomeCompleted, true, ""},
	{"a pool keeps its database connections", operations(func(done float64, v values) {
		v[harness.Descriptors], v[harness.DBConnections] = 10+done, done
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"counts flutter", operations(func(done float64, v values) {
		v[harness.Descriptors], v[harness.Goroutines] = 10+math.Mod(done, 9), 12+math.Mod(done*3, 17)
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},

	// slow-leak
	{"quiet leak", operations(func(done float64, v values) { v[harness.HeapLive] = 2*mib + done*20*1024 + 30*1024*math.Sin(done) }),
		harness.CauseSlowLeak, harness.OutcomeCompleted, true, "main.handle"},
	{"operations that pile up in the end, and go", operations(func(done float64, v values) {
		v[harness.HeapLive] = 2*mib + done*20*1024 + 30*1024*math.Sin(done)
		if done > 195 {
			v[harness.HeapLive] = 2 * mib
		}
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"cache that fills up", operations(func(done float64, v values) {
		v[harness.HeapLive] = 2*mib + min(done, 60)*20*1024 + 30*1024*math.Sin(done)
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},

	// unknown, and other ends
	{"frozen at its limit", program{rows: 2e6, buffer: unbounded, limit: 300 * mib, ends: 4.4, sites: queueWrite,
		exit:   &harness.Exit{Code: 137, Signal: "killed", By: harness.ByHighwater},
		events: []harness.Event{{Seconds: loadAt + 4.4, Kind: harness.EventFrozen}}},
		harness.CauseUnboundedBuffer, harness.OutcomeFrozen, true, "main.(*queue).Write"},
	{"memory grows for no visible reason", program{rows: 60_000, litter: 40 * mib, blind: true},
		harness.CauseUnknown, harness.OutcomeOOMKilled, true, ""},
	{"crash", program{rows: 2e6, ends: 3, exit: &harness.Exit{Code: 1, By: harness.ByProgram}},
		harness.CauseNone, harness.OutcomeCrashed, true, ""},
	{"runtime gives up", program{rows: 2e6, buffer: unbounded, ends: 3.5, exit: &harness.Exit{Code: 2, By: harness.ByProgram},
		stderr: "fatal error: runtime: out of memory\n\ngoroutine 1", sites: queueWrite},
		harness.CauseUnboundedBuffer, harness.OutcomeHeapExhausted, true, "main.(*queue).Write"},
}

func disconnects(p program, more func(float64, values)) program {
	p.engages = harness.EngagesDisconnects
	p.extra = func(t float64, v values) {
		v[harness.SinkDeparted] = ramp(t, 0.3, 10, 1e9)
		v[harness.SinkConnections], v[harness.SourceConnections] = 10, 10
		more(t, v)
	}
	return p
}

func stall(v values, n float64) {
	v[harness.SinkStalled], v[harness.SinkConnections], v[harness.SinkConnectionsTotal] = n, n, 30
}

func operations(more func(done float64, v values)) program {
	return program{rows: 60_000, fast: true, offer: 6 * mib, engages: harness.EngagesOperations, stays: true,
		sites: []frame{{"main.handle", "/app/main.go", 8}},
		extra: func(t float64, v values) {
			v[harness.OpsTotal] = ramp(t, 0, 20, 1e9)
			more(v[harness.OpsTotal], v)
		}}
}

// lastWord is a program that the kernel kills at 6 s.
func lastWord(p program) program {
	p.ends, p.exit = 6, &harness.Exit{Code: 137, Signal: "killed", By: harness.ByKernel, OOMKilled: true}
	return p
}

// unfelt is a queue in front of which the source never has to wait.
func unfelt(queue func(float64, values)) func(float64, values) {
	return func(t float64, v values) {
		queue(t, v)
		if _, sampled := v[harness.SourceBytes]; sampled {
			v[harness.SourceBlockedSeconds], v[harness.SocketUnread] = 0, v[harness.SocketQueues]-kernel
		}
	}
}

// growingQueue is a receive buffer that the kernel makes larger while the program does not
// read, as measured: the source, which has so many rows, writes 2 MiB a second into it
// until the sink is fast.
func growingQueue(rows float64) func(float64, values) {
	return func(t float64, v values) {
		taken, sampled := v[harness.SourceBytes]
		if !sampled {
			return
		}
		queue := min(2*mib*max(min(t, 8)-2.5, 0), rows*1024-taken)
		v[harness.SourceBytes] += queue
		v[harness.SourceRows] += queue / 1024
		v[harness.SocketQueues] = kernel + queue
	}
}
