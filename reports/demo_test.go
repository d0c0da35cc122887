package reports

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/highwater-dev/highwater/harness"
)

const mib = float64(harness.MiB)

// scene is the world in which the demo's runs were recorded.
func scene(id, title string, limit, bound harness.Bytes, slow float64) *harness.Scenario {
	return &harness.Scenario{
		Version: 1, ID: id, Title: title, Limits: harness.Limits{Memory: limit, CPUs: 1}, Bound: bound, Engages: harness.EngagesPressure,
		Sink: harness.Sink{Kind: harness.SinkTCP, Phases: []harness.Phase{
			{Name: "slow", For: harness.Duration(slow * 1e9), Behaviour: harness.Behaviour{Rate: 2 << 20}}, {Name: "drain", Until: harness.UntilDrained}}},
	}
}

func ramp(from, to, over float64) func(float64) float64 {
	return func(t float64) float64 {
		return min(to, from+(to-from)*t/over) + 0.004*to*math.Sin(t*11)*min(1, t)
	}
}

func flat(level float64) func(float64) float64 {
	return func(t float64) float64 { return level * (1 + 0.04*math.Sin(t*5)) }
}

// drained is a backlog that goes down once the sink hurries.
func drained(level, slow, end float64) func(float64) float64 {
	return func(t float64) float64 {
		if t < slow {
			return min(level, level*t*2)
		}
		return max(0, level*(end-t)/(end-slow))
	}
}

func brokenRun(t testing.TB, dir string, s *harness.Scenario, name string, seconds float64, peak harness.Bytes) harness.VariantReport {
	variant := harness.Variant{Name: name, Role: harness.RoleBroken, Go: "./" + name}
	rec := record(t, filepath.Join(dir, "runs", s.ID+"-"+variant.FileName()), recorded{
		scenario: s, variant: variant, seconds: seconds, slow: 8, died: true, sources: "broken", held: int64(peak) * 8 / 10,
		anon: ramp(7*mib, float64(peak), seconds), backlog: ramp(0, float64(peak)*0.86, seconds), sink: 0.97,
		leaked: 40, open: []map[string]int{{"/dev/null": 1, "socket:[N]": 3}, {"/dev/null": 1, "socket:[N]": 43, "/tmp/<b>-N": 2}}, stderr: "export: started\nexport: 100000 rows queued\n",
	})
	site := harness.Site{Function: "main.(*queue).Write", File: "/build/go/broken/main.go", Line: guiltyLine, Bytes: peak * 8 / 10, Share: 0.99}
	export := harness.Site{Function: "main.export", File: "/build/go/broken/main.go", Line: 31, Bytes: peak * 8 / 10, Share: 0.99}
	return harness.VariantReport{Variant: variant, Result: harness.Pass, Run: rec, Verdict: &harness.Verdict{
		Outcome: harness.OutcomeOOMKilled, Cause: harness.CauseUnboundedBuffer, Sites: []harness.Site{site, export},
		Sentence: fmt.Sprintf("Memory followed the backlog from 7 MiB up to %s at %.0f MiB/s while the source waited 0 %% of the time: the program went on reading although the sink took 2 MiB/s.",
			peak.Human(), float64(peak)/mib/seconds),
		AtSeconds: 1.2, Phase: "slow", PeakBytes: peak, LimitBytes: s.Limits.Memory, FloorBytes: peak * 8 / 10, BacklogBytes: peak * 86 / 100,
		BacklogRows: int64(peak) / 1200, DurationSeconds: seconds, OOMKilled: true, RowsTaken: int64(peak)/1200 + 9000, RowsDelivered: 9000,
		Memory:         demoMemory(peak, s.Bound),
		DeliveredBytes: 9000 << 10, SinkPressure: 0.97, GrowthBytesPerSecond: float64(peak) / seconds, TimeToDeathSeconds: seconds,
		Engaged: true, EngagedWhy: "bytes lay unread for 97 % of the slow phase", Confidence: "high",
	}}
}

func fixedRun(t testing.TB, dir string, s *harness.Scenario, name string, peak harness.Bytes, rows int64) harness.VariantReport {
	variant := harness.Variant{Name: name, Role: harness.RoleFixed, Go: "./" + name}
	rec := record(t, filepath.Join(dir, "runs", s.ID+"-"+variant.FileName()), recorded{
		scenario: s, variant: variant, seconds: 12, slow: 8, sources: "fixed",
		anon: flat(float64(peak) * 0.96), backlog: drained(3.1*mib, 8, 12), source: 0.94, sink: 0.97,
	})
	return harness.VariantReport{Variant: variant, Result: harness.Pass, Run: rec, Verdict: &harness.Verdict{
		Outcome: harness.OutcomeCompleted, Cause: harness.CauseNone, AtSeconds: 12, Phase: "drain",
		Memory:    demoMemory(peak, s.Bound),
		Sentence:  "Memory stayed flat at " + peak.Human() + " while the sink was slow, and the source waited for 94 % of that time.",
		PeakBytes: peak, LimitBytes: s.Limits.Memory, FloorBytes: 2 * harness.MiB, BacklogBytes: 31 * harness.MiB / 10, BacklogRows: 3174,
		DurationSeconds: 12, RowsTaken: rows, RowsDelivered: rows, DeliveredBytes: harness.Bytes(rows * 1024), SinkPressure: 0.97, SourcePressure: 0.94,
		Engaged: true, EngagedWhy: "bytes lay unread for 97 % of the slow phase", Confidence: "high",
	}}
}

// demoMemory is a ledger with every part that a Go program may have.
func demoMemory(peak, bound harness.Bytes) *harness.MemoryLedger {
	unit := peak / 100
	return &harness.MemoryLedger{
		AtSeconds: 4.1, TotalBytes: peak, Counted: harness.MemoryUsage, SkewSeconds: 0.002, Moment: "4.1 s after the load began, at the peak; kernel and runtime were read within 2 ms of one another",
		Parts: []harness.MemoryPart{
			{Kind: harness.PartLiveHeap, Bytes: 60 * unit, Means: "In use when the last collection looked; the bound is " + bound.Human() + "."},
			{Kind: harness.PartGarbage, Bytes: 22 * unit, Means: "Allocated since that collection."}, {Kind: harness.PartOffHeap, Bytes: 4 * unit, Means: "Not the runtime's."},
			{Kind: harness.PartStacks, Bytes: unit, Means: "Stacks of 13 goroutines."}, {Kind: harness.PartFreeHeap, Bytes: 3 * unit, Means: "Empty."},
			{Kind: harness.PartRuntime, Bytes: 6 * unit, Means: "The runtime's own."}, {Kind: harness.PartNeverWritten, Bytes: -3 * unit, Means: "Costs nothing yet."},
			{Kind: harness.PartShared, Bytes: 0, Means: "None."}, {Kind: harness.PartSockets, Bytes: unit, Means: "In socket buffers."}, {Kind: harness.PartPageCache, Bytes: 3 * unit, Means: "Files."},
			{Kind: harness.PartKernel, Bytes: 2 * unit, Means: "Page tables."}, {Kind: harness.PartUnexplained, Bytes: unit, Means: "Small."},
		},
	}
}

func dropRun(t testing.TB, dir string, s *harness.Scenario) harness.VariantReport {
	v := fixedRun(t, dir, s, "go/drop-when-full", 9*harness.MiB, 600_000)
	v.Variant.Role, v.Verdict.Cause, v.Verdict.SourcePressure = harness.RoleBroken, harness.CauseLostData, 0
	v.Verdict.RowsMissing, v.Verdict.RowsDelivered = 412_338, 187_662
	v.Verdict.Sentence = "412,338 of 600,000 rows that the program took never arrived, though it exited with code 0."
	return v
}

// demo is a report with everything in it that a real one may hold.
func demo(t testing.TB, dir string) *harness.Report {
	backpressure := scene("ignored-backpressure", "The producer does not hear “stop”", 256*harness.MiB, 16*harness.MiB, 8)
	double := brokenRun(t, dir, backpressure, "go/twice-the-memory", 8.9, 512*harness.MiB)
	double.Verdict.LimitBytes = 512 * harness.MiB
	scale := scene("export-at-scale", "The incident itself: three exports of 2,000,000 rows at once", 4*harness.GiB, 24*harness.MiB, 8)
	return &harness.Report{Tool: "highwater 0.1.0", Engine: "docker", Scenarios: []harness.ScenarioReport{
		{Scenario: backpressure, Result: harness.Pass, AsExpected: true, Why: "every broken variant was convicted as declared, every fixed one acquitted", Variants: []harness.VariantReport{
			brokenRun(t, dir, backpressure, "go/broken", 4.4, 256*harness.MiB), fixedRun(t, dir, backpressure, "go/fixed", 7*harness.MiB, 600_000),
			brokenRun(t, dir, backpressure, "go/gomemlimit", 5.5, 256*harness.MiB), double, dropRun(t, dir, backpressure),
			nodeRun(brokenRun(t, dir, backpressure, "node/broken", 4.9, 256*harness.MiB)), nodeRun(fixedRun(t, dir, backpressure, "node/await-drain", 24*harness.MiB, 600_000)),
		}},
		{Scenario: scale, Result: harness.Pass, AsExpected: true, Why: "every broken variant was convicted as declared, every fixed one acquitted", Variants: []harness.VariantReport{
			brokenRun(t, dir, scale, "go/broken", 4.8, 4*harness.GiB), fixedRun(t, dir, scale, "go/fixed", 15*harness.MiB, 6_000_000)}},
		{Scenario: scene("my-service", "", 256*harness.MiB, 16*harness.MiB, 8), Result: harness.Fail, Why: "a subject was convicted", Variants: []harness.VariantReport{
			failing(t, dir), undecidedRun(t, dir)}},
	}}
}

// nodeRun makes a script of a program, with the ledger and the streams of one.
func nodeRun(v harness.VariantReport) harness.VariantReport {
	v.Variant.Node, v.Variant.Go = &harness.Node{Script: v.Variant.Name + ".mjs"}, ""
	unit := v.Verdict.PeakBytes / 100
	v.Verdict.Memory = &harness.MemoryLedger{
		AtSeconds: 4.1, TotalBytes: v.Verdict.PeakBytes, Counted: harness.MemoryUsage, SkewSeconds: 0.004, Moment: "4.1 s after the load began, at the peak",
		Parts: []harness.MemoryPart{
			{Kind: harness.PartScriptHeap, Bytes: 55 * unit, Means: "Strings, objects and closures."}, {Kind: harness.PartBuffers, Bytes: 20 * unit, Means: "Outside V8's heap."},
			{Kind: harness.PartExternal, Bytes: 5 * unit, Means: "What else V8's objects hold."}, {Kind: harness.PartOffHeap, Bytes: 10 * unit, Means: "Node's own."},
			{Kind: harness.PartFreeHeap, Bytes: 6 * unit, Means: "Empty."}, {Kind: harness.PartUnexplained, Bytes: 4 * unit, Means: "Small."},
		},
	}
	held := int64(v.Verdict.BacklogBytes)
	socket := harness.StreamGroup{Class: "Socket", Count: 3, NeedDrain: 1, WrittenBytes: 9_000_000, MostWrittenBytes: 8_000_000, Readable: &harness.StreamSide{HighWaterMark: 65536},
		Writable: &harness.StreamSide{HighWaterMark: 65536, Buffered: held, Most: held, BufferedBytes: held, MostBytes: held}}
	objects := &harness.StreamSide{Objects: true, HighWaterMark: 16, Buffered: 31, Most: 16, BufferedBytes: 31_000, MostBytes: 16_000}
	enrich := harness.StreamGroup{Class: "Enrich", Count: 2, NeedDrain: 1, Readable: objects, Writable: objects}
	answers := harness.StreamGroup{Class: "ServerResponse", Count: 1, Writable: &harness.StreamSide{HighWaterMark: 65536}}
	v.Verdict.Stream = &harness.FullStream{StreamGroup: socket, AtSeconds: 3}
	empty := socket
	empty.NeedDrain, empty.Writable = 0, empty.Readable
	v.Run.Events = append(v.Run.Events,
		harness.Event{Seconds: loadStart + 3, Kind: harness.EventStreams, Phase: "slow", Text: "took 300 ms", Streams: []harness.StreamGroup{socket, enrich, answers}},
		harness.Event{Seconds: loadStart + 8, Kind: harness.EventStreams, Phase: "drain", Text: "took 12 ms", Streams: []harness.StreamGroup{enrich, empty}})
	return v
}

const hostileName = `image/<script>alert(1)</script>"'&|` + "`x`" + `-registry.example.com/a/very/long/name/that/does/not/end`

func failing(t testing.TB, dir string) harness.VariantReport {
	s := scene("my-service", "", 256*harness.MiB, 16*harness.MiB, 8)
	variant := harness.Variant{Name: hostileName, Image: "registry.example.com/export:latest"}
	rec := record(t, filepath.Join(dir, "runs", "my-service-hostile"), recorded{
		scenario: s, variant: variant, seconds: 12, slow: 8, anon: ramp(20*mib, 180*mib, 7), backlog: ramp(0, 150*mib, 7), sink: 0.9, source: 0.1,
		stderr: "</pre><script>alert('stderr')</script>\x1b[31mred\x1b[0m \xff\n<img src=x onerror=alert(2)>",
	})
	return harness.VariantReport{Variant: variant, Result: harness.Fail, Why: "a subject is expected innocent", Run: rec, Verdict: &harness.Verdict{
		Outcome: harness.OutcomeCompleted, Cause: harness.CauseOversizedBuffer, PeakBytes: 180 * harness.MiB, LimitBytes: 256 * harness.MiB,
		Memory: &harness.MemoryLedger{AtSeconds: 7, TotalBytes: 204 * harness.MiB, Counted: harness.MemoryUsage, Moment: "7.0 s after the load began, at the peak", Parts: []harness.MemoryPart{
			{Kind: harness.PartAnonymous, Bytes: 180 * harness.MiB, Means: "What the program holds for itself; no runtime tells what it is used for."},
			{Kind: harness.PartPageCache, Bytes: 20 * harness.MiB, Means: "Files that the program read | wrote."},
			{Kind: harness.PartUnexplained, Bytes: 4 * harness.MiB, Means: "Small."}}},
		Sentence:     "The program held up to 150 MiB, 9 times its bound of 16 MiB, before the source felt any pressure.",
		BacklogBytes: 150 * harness.MiB, BacklogRows: 153_600, DurationSeconds: 12, RowsTaken: 600_000, RowsDelivered: 600_000,
		SinkPressure: 0.9, SourcePressure: 0.1, Engaged: true, Confidence: "medium",
		Warnings: []string{"No heap could be read: the image serves no /debug/pprof, so no function is named."},
	}}
}

func undecidedRun(t testing.TB, dir string) harness.VariantReport {
	s := scene("my-service", "", 256*harness.MiB, 16*harness.MiB, 8)
	variant := harness.Variant{Name: "image/small-export"}
	rec := record(t, filepath.Join(dir, "runs", "my-service-small"), recorded{scenario: s, variant: variant, seconds: 2, slow: 8, anon: flat(9 * mib), backlog: flat(mib)})
	return harness.VariantReport{Variant: variant, Result: harness.Inconclusive, Why: "the sink never pushed back", Run: rec, Verdict: &harness.Verdict{
		Outcome: harness.OutcomeCompleted, Cause: harness.CauseNone, PeakBytes: 9 * harness.MiB, LimitBytes: 256 * harness.MiB, DurationSeconds: 2,
		Sentence: "Nothing grew, but nothing was tested either.", RowsTaken: 1000, RowsDelivered: 1000,
		EngagedWhy: "bytes lay unread for 2 % of the slow phase; 20 % are needed", Confidence: "low",
	}}
}
