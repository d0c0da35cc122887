package analysis_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
)

// attached is a constructed run of clients that come to a program which runs already:
// ten seconds in which they are slow, and four in which they have left.
type attached struct {
	anon     func(t float64) float64 // MiB
	each     float64                 // bytes a second on each connection
	queued   float64                 // bytes in the kernel for each
	finished float64                 // answers that end a second
	failed   bool
}

const (
	attachedClients = 20.0
	attachedLeave   = 10.0
	attachedEnd     = 14.0
)

func judgeAttached(t *testing.T, a attached) *harness.Verdict {
	t.Helper()
	scenario := harness.Scenario{ID: "attach", Bound: 20 * harness.MiB, Engages: harness.EngagesPressure,
		Sink: harness.Sink{Kind: harness.SinkHTTPClient, Clients: int(attachedClients), Repeat: true, Phases: []harness.Phase{
			{Name: "slow", For: harness.Duration(attachedLeave * 1e9), Behaviour: harness.Behaviour{Rate: 50 << 10}},
			{Name: "gone", For: harness.Duration(4e9), Leave: true},
		}}}
	variant := harness.Variant{Name: "shop", Image: "shop:1"}
	dir := filepath.Join(t.TempDir(), "run")
	w, err := harness.CreateRun(dir, harness.RunInfo{ID: "constructed", Engine: "attach", Scenario: scenario, Variant: variant})
	require.NoError(t, err)
	w.Event(harness.Event{Kind: harness.EventLoad})
	w.Event(harness.Event{Kind: harness.EventPhase, Phase: "slow"})
	w.Event(harness.Event{Seconds: attachedLeave, Kind: harness.EventPhase, Phase: "gone"})
	for i := range int(attachedEnd * 20) {
		at := float64(i) / 20
		w.Sample(harness.Sample{Seconds: at, Values: a.values(at)})
	}
	w.Event(harness.Event{Seconds: attachedEnd, Kind: harness.EventStop})
	w.Event(harness.Event{Seconds: attachedEnd, Kind: harness.EventExit, Exit: &harness.Exit{By: harness.ByNobody}})
	require.NoError(t, w.Close())
	rec, err := harness.OpenRun(dir)
	require.NoError(t, err)
	verdict, err := analysis.Judge(rec)
	require.NoError(t, err)
	assert.NotRegexp(t, `\brows?\b|backlog`, verdict.Sentence)
	assert.NotContains(t, strings.Join(verdict.Warnings, " "), "rows")
	assert.Equal(t, harness.OutcomeCompleted, verdict.Outcome)
	return verdict
}

func (a attached) values(t float64) values {
	slow := min(t, attachedLeave)
	v := values{
		harness.MemoryAnon: a.anon(t) * mib, harness.SinkBytes: a.each * slow * attachedClients,
		harness.SinkConnections: attachedClients, harness.SinkUnread: a.queued / 2 * attachedClients, harness.SocketQueues: a.queued / 2 * attachedClients,
		harness.SinkFinished: a.finished * slow, harness.SinkDeparted: 0,
		harness.SinkConnectionsTotal:  attachedClients + a.finished*slow,
		harness.SinkConnectionSeconds: attachedClients * slow, harness.SinkUnreadSeconds: 0.9 * attachedClients * slow,
	}
	if a.failed {
		v[harness.SinkFailed] = v[harness.SinkConnectionsTotal]
	}
	if t >= attachedLeave {
		v[harness.SinkConnections], v[harness.SinkUnread], v[harness.SocketQueues], v[harness.SinkDeparted] = 0, 0, 0, attachedClients
	}
	return v
}

// step holds so much for as long as the clients are there.
func step(size float64) func(float64) float64 {
	return func(t float64) float64 {
		if t > 0.2 && t < attachedLeave+0.3 {
			return 10 + size
		}
		return 10
	}
}

func flat(float64) float64 { return 10 }

func TestWithoutASourceTheVerdictRestsOnMemory(t *testing.T) {
	const rate, queued = 50 << 10, 400 << 10
	for name, c := range map[string]struct {
		of      attached
		cause   harness.Cause
		engaged bool
		says    string
	}{
		"sound":                           {attached{anon: flat, each: rate, queued: queued}, harness.CauseNone, true, "Memory grew by 0 B, while the sink was slow"},
		"within the bound and garbage":    {attached{anon: step(45), each: rate, queued: queued}, harness.CauseNone, true, "Memory grew by 45.0 MiB"},
		"sound, and much of it in queues": {attached{anon: flat, each: 20 << 10, queued: queued}, harness.CauseNone, true, "Memory grew by 0 B, while the sink was slow"},
		"held for each client":            {attached{anon: step(200), each: rate, queued: queued}, harness.CauseUnknown, true, "10.0 MiB for each of 20 clients that read slowly (bound 20.0 MiB), and stayed at that; it let go of it"},
		"rising while they read": {attached{anon: func(t float64) float64 { return 10 + 20*min(t, attachedLeave) }, each: rate, queued: queued},
			harness.CauseUnknown, true, "it was rising as long as they read; it still held 200 MiB more when they had left"},
		"rising whoever comes": {attached{anon: func(t float64) float64 { return 10 + 20*t }, each: rate, queued: queued},
			harness.CauseUnknown, true, "rising as long as they read"},
		"rising once they have left": {attached{anon: func(t float64) float64 { return 10 + 50*max(t-attachedLeave, 0) }, each: rate, queued: queued},
			harness.CauseRetained, true, "left by their readers"},
		"answers that the kernel takes at once": {attached{anon: flat, each: 25 << 10, finished: 200, queued: 2 << 10}, harness.CauseNone, false, "which fit into the kernel's buffers"},
		"answers of the size of the queues":     {attached{anon: flat, each: 200 << 10, finished: 70, queued: 600 << 10}, harness.CauseNone, false, "which fit into the kernel's buffers"},
		"long answers that end":                 {attached{anon: flat, each: 1 << 20, finished: 4, queued: 300 << 10}, harness.CauseNone, true, "Memory grew by 0 B"},
		"nothing but failures":                  {attached{anon: flat, failed: true}, harness.CauseNone, false, "every connection to the sink failed"},
	} {
		t.Run(name, func(t *testing.T) {
			got := judgeAttached(t, c.of)
			assert.Equal(t, c.cause, got.Cause, got.Sentence)
			assert.Equal(t, c.engaged, got.Engaged, got.EngagedWhy)
			assert.Contains(t, got.Sentence, c.says)
		})
	}
}
