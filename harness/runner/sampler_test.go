package runner

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/highwater-dev/highwater/harness"
)

// A source that is slow to answer holds up neither the others nor itself: its answer
// stands in the line after it came, and no second question is asked meanwhile.
func TestAskerNeverHoldsUpALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		questions := 0
		a := newAsker(func(context.Context) (map[harness.Metric]float64, error) {
			questions++
			time.Sleep(100 * time.Millisecond)
			return map[harness.Metric]float64{harness.Goroutines: float64(questions)}, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { a.run(ctx) })

		var lines []map[harness.Metric]float64
		for range 6 { // every 50 ms, of which 35 may be waited
			values := map[harness.Metric]float64{}
			a.ask()
			late, done := context.WithTimeout(t.Context(), sampleWait)
			begun := time.Now()
			a.collect(late, values)
			done()
			assert.LessOrEqual(t, time.Since(begun), sampleWait)
			lines = append(lines, values)
			time.Sleep(sampleEvery - time.Since(begun))
		}
		cancel()
		time.Sleep(time.Second)
		running.Wait()
		assert.Equal(t, []map[harness.Metric]float64{
			{}, {}, {harness.Goroutines: 1}, {}, {}, {harness.Goroutines: 2},
		}, lines)
	})
}

// A script is asked nothing on its way to the load, where it may fail, and die of the question.
func TestNothingIsAskedBeforeTheLoad(t *testing.T) {
	x, asked := &execution{}, 0
	ask := x.onceLoaded(func(context.Context) (map[harness.Metric]float64, error) {
		asked++
		return nil, nil
	})
	_, err := ask(t.Context())
	assert.NoError(t, err)
	assert.Zero(t, asked)
	x.setLoaded(time.Now())
	_, err = ask(t.Context())
	assert.NoError(t, err)
	assert.Equal(t, 1, asked)
}

// What is dear to read is read at its own pace; a question before its time is no answer.
func TestSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		ask := seldom(queuesEvery, func(context.Context) (map[harness.Metric]float64, error) {
			asked++
			return map[harness.Metric]float64{harness.SocketQueues: 1}, nil
		})
		for range 21 {
			values, err := ask(t.Context())
			assert.NoError(t, err)
			assert.LessOrEqual(t, len(values), 1)
			time.Sleep(sampleEvery)
		}
		assert.Equal(t, 3, asked, "in a second, the first at once")
	})
}

// One that fails adds nothing, and is asked again.
func TestAskerGoesOnAfterAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []error{errors.New("connection refused"), nil}
		a := newAsker(func(context.Context) (map[harness.Metric]float64, error) {
			err := answers[0]
			answers = answers[1:]
			return map[harness.Metric]float64{harness.Goroutines: 3}, err
		})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { a.run(ctx) })
		first, second := map[harness.Metric]float64{}, map[harness.Metric]float64{}
		for _, values := range []map[harness.Metric]float64{first, second} {
			a.ask()
			late, done := context.WithTimeout(t.Context(), sampleWait)
			a.collect(late, values)
			done()
		}
		cancel()
		running.Wait()
		assert.Empty(t, first)
		assert.Equal(t, map[harness.Metric]float64{harness.Goroutines: 3}, second)
	})
}

// Two sources that are both late hold a line up once, not one after the other.
func TestLateSourcesHoldALineUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(ctx context.Context) (map[harness.Metric]float64, error) {
			time.Sleep(askTimeout)
			return nil, nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		late, done := context.WithTimeout(t.Context(), sampleWait)
		defer done()
		begun := time.Now()
		var running sync.WaitGroup
		for range 2 {
			a := newAsker(slow)
			running.Go(func() { a.run(ctx) })
			a.ask()
			a.collect(late, map[harness.Metric]float64{})
		}
		assert.Equal(t, sampleWait, time.Since(begun))
		cancel()
		running.Wait()
	})
}
