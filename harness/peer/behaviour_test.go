package peer

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

// fakeConn is a connection with plenty to read, in the time of a synctest bubble.
type fakeConn struct {
	bytes  int64
	phase  *phase
	left   bool
	reset  bool
	halved int
}

func (f *fakeConn) leave(reset bool) error {
	f.left, f.reset = true, reset
	return errLeft
}

func (f *fakeConn) halfClose() error {
	f.halved++
	return nil
}

func (f *fakeConn) received() int64 { return f.bytes }

func (f *fakeConn) pause(d time.Duration) error {
	if d == forever {
		<-f.phase.over.Done()
		return errPhaseOver
	}
	return wait(f.phase, d)
}

func (f *fakeConn) read(t *testing.T, b behaviour, limit int) bool {
	n, err := b.before(f, limit)
	if err != nil {
		require.ErrorIs(t, err, errPhaseOver)
		return false
	}
	require.LessOrEqual(t, n, limit)
	require.Positive(t, n)
	f.bytes += int64(n)
	return true
}

func testPhase(t *testing.T, told harness.Phase) (*phase, *phases) {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	p := newPhases(ctx, 1, func() {})
	p.set(told)
	return p.current(), p
}

func TestReadsAtRate(t *testing.T) {
	for _, rate := range []harness.Rate{1 << 10, 8 << 10, 64 << 10, 2 << 20, 200 << 20} {
		t.Run(rate.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now, _ := testPhase(t, harness.Phase{Behaviour: harness.Behaviour{Rate: rate}})
				conn := &fakeConn{phase: now}
				chain := behaviours(now, 0, 0)
				require.Len(t, chain, 1)
				begin := time.Now()
				for time.Since(begin) < 20*time.Second {
					require.True(t, conn.read(t, chain[0], fullBuffer))
				}
				burst := max(float64(rate)/20, minChunk)
				require.InEpsilon(t, float64(rate)*time.Since(begin).Seconds()+burst, float64(conn.bytes), 0.02)
			})
		})
	}
}

// A sink that was hungry may catch up by the burst, and no more.
func TestRateSavesNoMoreThanTheBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate = 1 << 20
		now, _ := testPhase(t, harness.Phase{Behaviour: harness.Behaviour{Rate: rate}})
		conn := &fakeConn{phase: now}
		b := behaviours(now, 0, 0)[0]
		require.True(t, conn.read(t, b, fullBuffer))
		time.Sleep(time.Minute)
		begin, before := time.Now(), conn.bytes
		for time.Since(begin) < time.Second {
			require.True(t, conn.read(t, b, fullBuffer))
		}
		require.InEpsilon(t, rate*1.05, float64(conn.bytes-before), 0.03)
	})
}

func TestStopLastsAsLongAsThePhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now, all := testPhase(t, harness.Phase{Behaviour: harness.Behaviour{StopReading: true}})
		conn := &fakeConn{phase: now}
		begin := time.Now()
		time.AfterFunc(time.Hour, func() { all.set(harness.Phase{}) })
		require.False(t, conn.read(t, behaviours(now, 0, 0)[0], 1))
		require.Equal(t, time.Hour, time.Since(begin))
		require.Empty(t, behaviours(all.current(), 0, 0), "unlimited is no behaviour")
	})
}

func TestWaitingComesBeforeTheFirstPhase(t *testing.T) {
	p := newPhases(t.Context(), 1, func() {})
	require.Equal(t, []behaviour{stopReading{}}, behaviours(p.current(), 0, 0))
}

func TestFlowNeedsStartAndPhaseInAnyOrder(t *testing.T) {
	flows := func(p *phases) bool {
		select {
		case <-p.flow:
			return true
		default:
			return false
		}
	}
	p := newPhases(t.Context(), 1, func() {})
	p.begin()
	require.False(t, flows(p))
	p.set(harness.Phase{})
	require.True(t, flows(p))
	p.set(harness.Phase{})
	p.begin()

	p = newPhases(t.Context(), 1, func() {})
	p.set(harness.Phase{})
	p.set(harness.Phase{})
	require.False(t, flows(p))
	p.begin()
	require.True(t, flows(p))
}

// The source keeps its pacer over phases of the same rate, and takes a new one, free of
// what was moved before, with another.
func TestSourceRateOfThePhase(t *testing.T) {
	slow, unlimited := harness.Rate(1<<10), harness.Rate(0)
	s := &source{config: harness.Source{Rate: 1 << 20, Row: harness.RowSize{Min: 48, Max: 48}}}
	first := s.follow(nil, &phase{}, 0)
	require.EqualValues(t, 1<<20, first.rate)
	require.Same(t, first, s.follow(first, &phase{}, 1000))
	second := s.follow(first, &phase{Phase: harness.Phase{SourceRate: &slow}}, 1<<30)
	require.Equal(t, slow, second.rate)
	require.Zero(t, second.charge(1<<30))
	require.Nil(t, s.follow(first, &phase{Phase: harness.Phase{SourceRate: &unlimited}}, 0))
}

func TestStopwatchSumsOverlappingSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s stopwatch
		s.start()
		time.Sleep(time.Second)
		s.start()
		time.Sleep(time.Second)
		require.InDelta(t, 3, s.seconds(), 1e-9, "in progress")
		s.stop()
		time.Sleep(time.Second)
		s.stop()
		time.Sleep(time.Second)
		require.InDelta(t, 4, s.seconds(), 1e-9)
	})
}

// newTestRun is the context of a run that ends with the test, or before.
func newTestRun(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return ctx, cancel
}
