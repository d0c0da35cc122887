package cli

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

func TestLanesOf(t *testing.T) {
	for text, legal := range map[string]bool{"1": true, "12": true, "auto": true, "0": false, "-1": false, "many": false, "": false} {
		count, err := lanesOf(text)
		assert.Equal(t, legal, err == nil, text)
		assert.Equal(t, legal, count > 0, text)
	}
}

func TestSlowMemoryTakesLanes(t *testing.T) {
	assert.Equal(t, 8, autoLanes(4, 300*time.Nanosecond))
	assert.Equal(t, 8, autoLanes(4, 0), "not measured")
	assert.Equal(t, 4, autoLanes(4, 14*time.Microsecond))
	assert.Positive(t, pageCost())
	assert.Less(t, pageCost(), time.Millisecond)
}

// Each run takes a second; the order in which they enter is that in which they ask.
func TestLanesBoundWhatRunsAtOnce(t *testing.T) {
	type run struct {
		memory harness.Bytes
		alone  bool
		begins time.Duration
	}
	for name, c := range map[string]struct {
		count int
		runs  []run
	}{
		"one after another": {1, []run{{1, false, 0}, {1, false, 1}, {1, false, 2}}},
		"two at once":       {2, []run{{1, false, 0}, {1, false, 0}, {1, false, 1}}},
		"memory":            {9, []run{{6, false, 0}, {4, false, 0}, {1, false, 1}, {99, false, 2}, {1, false, 3}}},
		"alone":             {9, []run{{1, false, 0}, {1, true, 1}, {1, false, 2}, {1, false, 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLanes(c.count)
				l.memory = 10
				began := time.Now()
				for i, one := range c.runs {
					leave := l.enter(one.memory, one.alone)
					require.Equal(t, one.begins*time.Second, time.Since(began), "run %d", i)
					time.AfterFunc(time.Second, leave)
				}
			})
		})
	}
}
