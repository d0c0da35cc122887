package runner

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/highwater-dev/highwater/harness"
)

// seen is what one look sees: bytes taken and delivered, the share of the limit that
// memory takes up, and major faults since the start.
type seen struct {
	taken, delivered, memory, faults float64
}

const limitOfTest = 100 * harness.MiB

// watch looks twice a second and returns the first end that is noticed, and when.
func watch(s *stillness, seconds float64, at func(t float64) seen) (*ending, float64) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for t := 0.0; t <= seconds; t += 0.5 {
		now := at(t)
		values := map[harness.Metric]float64{
			harness.SourceBytes: now.taken, harness.SinkBytes: now.delivered,
			harness.MemoryAnon: now.memory * float64(limitOfTest), harness.MajorFaults: now.faults,
		}
		if end := s.look(values, begin.Add(time.Duration(t*float64(time.Second)))); end != nil {
			return end, t
		}
	}
	return nil, seconds
}

func TestStillness(t *testing.T) {
	cases := []struct {
		name    string
		patient bool // the sink does not read on purpose, or the phase has an end
		at      func(t float64) seen
		want    harness.EventKind // empty: nothing to end
		after   float64           // seconds
	}{
		{name: "everything moves", at: func(t float64) seen { return seen{2 * t, t, 0.5, 0} }},
		{name: "only the sink still receives", at: func(t float64) seen { return seen{9, t, 0.5, 0} }},
		{name: "only the source is still read", at: func(t float64) seen { return seen{t, 9, 0.5, 0} }},
		{name: "nothing moves", at: func(float64) seen { return seen{9, 5, 0.5, 0} }, want: harness.EventStalled, after: 15.5},
		{name: "nothing has ever moved", at: func(float64) seen { return seen{0, 0, 0.1, 0} }, want: harness.EventStalled, after: 15.5},
		{name: "stops in the middle", at: func(t float64) seen { return seen{min(t, 7), min(t, 7), 0.5, 0} }, want: harness.EventStalled, after: 22.5},
		{name: "a pause that is short enough", at: func(t float64) seen { return seen{float64(int(t / 14)), 0, 0.5, 0} }},
		{name: "nothing moves, and the sink has stopped on purpose", patient: true, at: func(float64) seen { return seen{9, 5, 0.5, 0} }},

		{name: "at the limit, faulting, taking nothing", at: func(t float64) seen { return seen{9, 5, 0.97, 150 * t} }, want: harness.EventFrozen, after: 2},
		{name: "frozen while the sink has stopped", patient: true, at: func(t float64) seen { return seen{9, 5, 0.97, 150 * t} }, want: harness.EventFrozen, after: 2},
		{name: "frozen, and socket buffers still trickle out", at: func(t float64) seen { return seen{9, t, 0.97, 150 * t} }, want: harness.EventFrozen, after: 2},
		{name: "frozen without a source", at: func(t float64) seen { return seen{0, 5, 0.97, 150 * t} }, want: harness.EventFrozen, after: 2},
		{name: "without a source, and delivering", at: func(t float64) seen { return seen{0, t, 0.97, 150 * t} }},
		{name: "at the limit and faulting, but it still takes", at: func(t float64) seen { return seen{t, t, 0.97, 150 * t} }},
		{name: "at the limit in good health", patient: true, at: func(float64) seen { return seen{9, 5, 0.97, 3} }},
		{name: "faulting far from the limit", patient: true, at: func(t float64) seen { return seen{9, 5, 0.9, 150 * t} }},
		{name: "many faults before it came to the limit do not count", patient: true, at: func(float64) seen { return seen{9, 5, 0.97, 1e6} }},
		{name: "touches the limit now and then", patient: true, at: func(t float64) seen {
			memory := 0.97
			if int(t*2)%4 == 3 {
				memory = 0.8
			}
			return seen{9, 5, memory, 150 * t}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			end, after := watch(&stillness{limit: limitOfTest, patient: c.patient}, 30, c.at)
			if c.want == "" {
				assert.Nil(t, end)
				return
			}
			if assert.NotNil(t, end) {
				assert.Equal(t, c.want, end.kind)
				assert.InDelta(t, c.after, after, 0.01)
				assert.NotEmpty(t, end.text)
			}
		})
	}
}

func TestDrained(t *testing.T) {
	tcp := harness.Sink{Kind: harness.SinkTCP}
	downloads := harness.Sink{Kind: harness.SinkHTTPClient, Clients: 3}
	cases := []struct {
		name   string
		sink   harness.Sink
		values map[harness.Metric]float64
		want   bool
	}{
		{"nothing has begun", tcp, nil, false},
		{"all streams ended, the sink's connections closed", tcp, map[harness.Metric]float64{
			harness.SourceConnectionsTotal: 2, harness.SourceEnded: 1, harness.SourceAborted: 1, harness.SinkConnectionsTotal: 2}, true},
		{"a stream goes on", tcp, map[harness.Metric]float64{
			harness.SourceConnectionsTotal: 2, harness.SourceEnded: 1, harness.SinkConnectionsTotal: 2}, false},
		{"the program still holds a connection to the sink", tcp, map[harness.Metric]float64{
			harness.SourceConnectionsTotal: 1, harness.SourceEnded: 1, harness.SinkConnectionsTotal: 1, harness.SinkConnections: 1}, false},
		{"the program never connected to the sink", tcp, map[harness.Metric]float64{
			harness.SourceConnectionsTotal: 1, harness.SourceEnded: 1}, false},
		{"all downloads ended, one way or another", downloads, map[harness.Metric]float64{
			harness.SinkFinished: 1, harness.SinkFailed: 1, harness.SinkDeparted: 1}, true},
		{"a download goes on", downloads, map[harness.Metric]float64{harness.SinkFinished: 2}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, new(drain).complete(c.values, c.sink, time.Time{}.Add(time.Hour)))
		})
	}
}

// A service keeps its connection for the next export: when every row has been there for
// a while, that is all there will be.
func TestDrainedWithAnOpenConnection(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	tcp := harness.Sink{Kind: harness.SinkTCP}
	values := map[harness.Metric]float64{
		harness.SourceConnectionsTotal: 1, harness.SourceEnded: 1, harness.SinkConnectionsTotal: 1, harness.SinkConnections: 1,
		harness.SourceRows: 10, harness.SinkRows: 9,
	}
	var d drain
	assert.False(t, d.complete(values, tcp, now), "a row is under way")
	values[harness.SinkRows] = 10
	assert.False(t, d.complete(values, tcp, now), "it may close its connection at once")
	assert.False(t, d.complete(values, tcp, now.Add(arrivedFor/2)))
	assert.True(t, d.complete(values, tcp, now.Add(arrivedFor)))
	values[harness.SinkUnread] = 1
	assert.False(t, d.complete(values, tcp, now.Add(2*arrivedFor)), "something more has come")
}

// What stood still while nobody minded is not held against the phase that follows.
func TestStillnessFromPhaseToPhase(t *testing.T) {
	still := func(float64) seen { return seen{9, 5, 0.5, 0} }
	s := &stillness{limit: limitOfTest}
	s.begin(harness.Phase{Name: "stalled", Behaviour: harness.Behaviour{StopReading: true}})
	end, _ := watch(s, 30, still)
	assert.Nil(t, end)
	s.begin(harness.Phase{Name: "slow", For: harness.Duration(time.Minute)})
	end, _ = watch(s, 30, still)
	assert.Nil(t, end, "a phase with an end of its own is waited for")
	s.begin(harness.Phase{Name: "drain", Until: harness.UntilDrained})
	end, after := watch(s, 30, still)
	if assert.NotNil(t, end) {
		assert.Equal(t, harness.EventStalled, end.kind)
		assert.InDelta(t, 15.5, after, 0.01)
	}
}

// A machine that slept for a minute saw nothing stand still.
func TestStillnessSkipsWhatNobodySaw(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	values := map[harness.Metric]float64{harness.SourceBytes: 9, harness.SinkBytes: 5, harness.MemoryAnon: float64(limitOfTest), harness.MajorFaults: 0}
	s := &stillness{limit: limitOfTest}
	assert.Nil(t, s.look(values, begin))
	values[harness.MajorFaults] = 1e6
	assert.Nil(t, s.look(values, begin.Add(time.Minute)))
	for seen := time.Duration(0); seen < 14*time.Second; seen += 500 * time.Millisecond {
		values[harness.MemoryAnon] = 0
		assert.Nil(t, s.look(values, begin.Add(time.Minute+seen)))
	}
	end := s.look(values, begin.Add(time.Minute+14500*time.Millisecond))
	assert.Nil(t, end)
	for seen := 15 * time.Second; seen <= 16*time.Second; seen += 500 * time.Millisecond {
		if end = s.look(values, begin.Add(time.Minute+seen)); end != nil {
			break
		}
	}
	if assert.NotNil(t, end) {
		assert.Equal(t, harness.EventStalled, end.kind)
	}
}
