package analysis_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
)

// survives is a program that never waits, and comes through with 60 MiB held.
var survives = program{rows: 80_000, offer: 16 * mib, buffer: unbounded, limit: 512 * mib, sites: queueWrite}

func having(p program, extra func(t float64, v values)) program {
	p.extra = extra
	return p
}

// partial holds runs of which only a part could be seen, or only a part went well.
var partial = []judged{
	// the peer
	{"the counts end early", program{rows: 60_000, extra: func(t float64, v values) {
		if t > 4 {
			forget(v)
		}
	}}, harness.CauseNone, harness.OutcomeCompleted, false, ""},
	{"the counts end just before the end", program{rows: 60_000, extra: func(t float64, v values) {
		if t > 7.5 && t < 8 {
			forget(v)
		}
	}}, harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"nothing was counted", program{rows: 60_000, engages: harness.EngagesNothing, extra: func(_ float64, v values) { forget(v) }},
		harness.CauseNone, harness.OutcomeCompleted, false, ""},

	{"the queues were read, and the peer did not answer", having(program{rows: 60_000}, func(t float64, v values) {
		queued := min(max(t-1, 0)*15, 30) * mib
		v[harness.SourceBytes], v[harness.SourceRows] = v[harness.SourceBytes]+queued, v[harness.SourceRows]+queued/1024
		v[harness.SocketQueues], v[harness.HeapLive] = queued, 2*mib+queued/2
		v[harness.MemoryAnon] = idle + queued*3/4
		if t > 7.2 {
			v[harness.SinkBytes], v[harness.SinkRows], v[harness.SocketQueues] = v[harness.SinkBytes]+queued, v[harness.SinkRows]+queued/1024, 0
		}
		if t > 7.2 && t < 7.6 {
			forget(v)
		}
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},

	// memory outside the heap that a collection can see
	{"a queue outside the heap", having(program{rows: 80_000, offer: 16 * mib, buffer: unbounded, limit: 512 * mib}, func(_ float64, v values) {
		v[harness.HeapLive], v[harness.RuntimeTotal], v[harness.HeapReleased] = 2*mib, 9*mib, 3*mib
	}), harness.CauseUnboundedBuffer, harness.OutcomeCompleted, true, ""},
	{"a queue outside the heap and a cache in it", having(survives, func(t float64, v values) {
		v[harness.HeapLive], v[harness.HeapReleased] = 2*mib+min(t, 1)*10*mib, 0
		v[harness.RuntimeTotal] = 8*mib + min(t, 1)*10*mib
	}), harness.CauseUnboundedBuffer, harness.OutcomeCompleted, true, ""},
	{"garbage is not outside the heap", having(program{rows: 60_000, litter: 5 * mib, limit: 512 * mib}, func(_ float64, v values) {
		v[harness.HeapLive], v[harness.HeapReleased] = 2*mib, 3*mib
		v[harness.RuntimeTotal] = v[harness.MemoryAnon] + 4*mib
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},

	{"it died before a profile could show it", having(program{rows: 2e6, buffer: unbounded, sites: queueWrite}, func(_ float64, v values) {
		v[harness.HeapLive] = 2 * mib
	}), harness.CauseUnboundedBuffer, harness.OutcomeOOMKilled, true, ""},

	// memory that carries garbage
	{"a cache within its bound and garbage", having(program{rows: 60_000, blind: true}, func(t float64, v values) {
		live := min(5*t, 15) * mib
		v[harness.MemoryAnon] = idle + live + math.Mod(t*7*mib, live+mib)
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"memory grows and it survives", program{rows: 60_000, litter: 10 * mib, limit: 512 * mib, blind: true},
		harness.CauseUnknown, harness.OutcomeCompleted, true, ""},

	// rows that the sink does not find again
	{"several rows in a line", having(program{rows: 60_000}, batched),
		harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"several rows in a line and dropped", having(program{rows: 200_000, drops: true}, batched),
		harness.CauseLostData, harness.OutcomeCompleted, true, ""},
	{"rows are wrapped", having(program{rows: 60_000}, wrapped(3)),
		harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"rows are wrapped and queued", having(survives, wrapped(3)),
		harness.CauseUnboundedBuffer, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"rows are wrapped and queued to death", having(program{rows: 2e6, buffer: unbounded, sites: queueWrite}, wrapped(8)),
		harness.CauseUnboundedBuffer, harness.OutcomeOOMKilled, true, "main.(*queue).Write"},
	{"rows are wrapped and dropped", having(program{rows: 200_000, drops: true}, wrapped(1.2)),
		harness.CauseLostData, harness.OutcomeCompleted, true, ""},
	{"rows are shortened", having(program{rows: 60_000}, wrapped(0.2)),
		harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"rows are compressed", having(program{rows: 60_000}, func(t float64, v values) {
		wrapped(0.2)(t, v)
		v[harness.SinkRows] = 0
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},

	// connections that were left or failed
	{"one of three downloads fails", having(survives, failed(1, 3)),
		harness.CauseUnboundedBuffer, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"one of three downloads fails and the program is sound", having(program{rows: 60_000}, failed(1, 3)),
		harness.CauseNone, harness.OutcomeCompleted, true, ""},
	{"one of three downloads fails and the rest is gathered", having(program{rows: 60_000, offer: 20 * mib, gather: true, sites: queueWrite}, failed(1, 3)),
		harness.CauseWholePayload, harness.OutcomeCompleted, false, "main.(*queue).Write"},
	{"one of three downloads fails and rows are dropped", having(program{rows: 200_000, drops: true}, func(t float64, v values) {
		failed(1, 3)(t, v)
		v[harness.SinkHoles] = v[harness.SourceRows] - v[harness.SinkRows]
	}), harness.CauseLostData, harness.OutcomeCompleted, true, ""},
	{"a source connection is tried first", having(survives, tried),
		harness.CauseUnboundedBuffer, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"a source connection is tried first and the buffer is large", having(program{rows: 200_000, buffer: 90 * mib, sites: queueWrite}, tried),
		harness.CauseOversizedBuffer, harness.OutcomeCompleted, true, "main.(*queue).Write"},
	{"a source connection is tried first and rows are dropped", having(program{rows: 200_000, drops: true}, tried),
		harness.CauseLostData, harness.OutcomeCompleted, true, ""},
	{"all readers left", having(program{rows: 80_000, offer: 16 * mib, buffer: unbounded, factor: 0.14, blind: true}, func(t float64, v values) {
		failed(3, 3)(t, v)
		v[harness.SinkDeparted], v[harness.SinkFailed] = v[harness.SinkFailed], 0
	}), harness.CauseNone, harness.OutcomeCompleted, true, ""},
}

// forget drops all that the peer counts.
func forget(v values) {
	for metric := range v {
		if strings.HasPrefix(string(metric), "source_") || strings.HasPrefix(string(metric), "sink_") {
			delete(v, metric)
		}
	}
}

// batched: the sink finds the first of ten rows in a line.
func batched(_ float64, v values) {
	arrived := v[harness.SinkRows]
	v[harness.SinkRows] = math.Ceil(arrived / 10)
	v[harness.SinkHoles] = max(arrived-9, 0) - math.Floor(arrived/10)
}

// wrapped: a row leaves the program as so many bytes each.
func wrapped(factor float64) func(float64, values) {
	return func(_ float64, v values) { v[harness.SinkBytes] *= factor }
}

// failed: some sink connections fail half a second after the load began.
func failed(some, of float64) func(float64, values) {
	return func(t float64, v values) {
		v[harness.SinkConnectionsTotal] = of
		v[harness.SinkFailed] += ramp(t, 0.5, 1000, some)
	}
}

// tried: a first source connection was opened and closed at once.
func tried(t float64, v values) {
	v[harness.SourceAborted] += ramp(t, 0.01, 1000, 1)
	v[harness.SourceConnectionsTotal]++
}

// A machine with nothing left for those who watch gives five readings on the way to death.
func TestFewReadingsBeforeADeath(t *testing.T) {
	rec := record(t, program{rows: 2e6, offer: 30 * mib, buffer: unbounded, sites: queueWrite})
	rec.Samples = slices.DeleteFunc(rec.Samples, func(s harness.Sample) bool {
		at := s.Seconds - loadAt
		return at > 0 && !slices.ContainsFunc([]float64{0.7, 2.35, 3.3, 3.45, 3.6}, func(moment float64) bool { return math.Abs(at-moment) < 0.026 })
	})
	verdict, err := analysis.Judge(rec)
	require.NoError(t, err)
	assert.Equal(t, harness.CauseUnboundedBuffer, verdict.Cause, verdict.Sentence)
}

// Profiles that take long are taken seldom, and collections go on between them.
func TestFewProfilesOfASlowLeak(t *testing.T) {
	rec := record(t, operations(func(done float64, v values) { v[harness.HeapLive] = 2*mib + math.Floor(done/5)*100*1024 }))
	profiles := 0
	rec.Events = slices.DeleteFunc(rec.Events, func(e harness.Event) bool {
		if e.Kind == harness.EventProfile {
			profiles++
		}
		return e.Kind == harness.EventProfile && profiles > 1 && profiles%8 != 0
	})
	verdict, err := analysis.Judge(rec)
	require.NoError(t, err)
	assert.Equal(t, harness.CauseSlowLeak, verdict.Cause, verdict.Sentence)
}

// A run watched by nothing but the counts is sampled once a second: a gap of two is
// no dead peer.
func TestCountsOnceASecond(t *testing.T) {
	for _, c := range []struct {
		until float64 // of the peer's counts
		want  bool
	}{{math.Inf(1), true}, {3, false}} {
		rec := record(t, program{rows: 60_000, length: 14})
		next := 0.0
		var kept []harness.Sample
		for i, sample := range rec.Samples {
			if sample.Seconds < next && i < len(rec.Samples)-1 {
				continue
			}
			next = sample.Seconds + 1
			if sample.Seconds-rec.LoadStart() > c.until {
				forget(sample.Values)
			}
			kept = append(kept, sample)
		}
		rec.Samples = kept
		v, err := analysis.Judge(rec)
		require.NoError(t, err)
		assert.Equal(t, harness.CauseNone, v.Cause, v.Sentence)
		assert.Equal(t, c.want, v.Engaged, v.EngagedWhy)
		assert.Equal(t, !c.want, v.Confidence == "low", v.Sentence)
	}
}

// A path that does not exist is answered at once, and nothing flows: the reader is told
// what was answered, not that nothing pushed back.
func TestFailedDownloadsSayWhy(t *testing.T) {
	rec := record(t, program{rows: 60_000, extra: func(_ float64, v values) {
		clear(v)
		v[harness.MemoryAnon], v[harness.SinkFailed], v[harness.SinkConnectionsTotal], v[harness.SourceBytes] = idle, 2, 2, 0
	}})
	log := "2026/11/25 02:48:21 highwater peer: sink: download http://program:1/nope: answered 404 Not Found\n"
	require.NoError(t, os.WriteFile(filepath.Join(rec.Dir, harness.PeerFile), []byte(log), 0o644))
	v, err := analysis.Judge(rec)
	require.NoError(t, err)
	assert.Equal(t, harness.CauseNone, v.Cause, v.Sentence)
	assert.False(t, v.Engaged)
	assert.Equal(t, "every connection to the sink failed (2): download http://program:1/nope: answered 404 Not Found", v.EngagedWhy)
	assert.Contains(t, v.Warnings, "2 connections to the sink failed, as first: download http://program:1/nope: answered 404 Not Found")
}
