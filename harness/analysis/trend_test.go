package analysis

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/highwater-dev/highwater/harness"
)

func TestMannKendall(t *testing.T) {
	// Seven rising values: S = 21, variance 44.33, z = 3.004.
	assert.InDelta(t, 0.00133, mannKendall([]float64{1, 2, 3, 4, 5, 6, 7}), 0.00001)
	assert.Equal(t, 1.0, mannKendall([]float64{7, 6, 5, 4, 3, 2, 1}))
	assert.Equal(t, 1.0, mannKendall([]float64{3, 3, 3, 3, 3, 3}))
	assert.Equal(t, 1.0, mannKendall([]float64{1, 2, 3, 4}), "four values say nothing")
	assert.Greater(t, mannKendall([]float64{1, 9, 2, 8, 3, 7, 4, 6, 5}), significant)
}

func TestTheilSen(t *testing.T) {
	x, y := []float64{0, 1, 2, 3, 4}, []float64{1, 3, 5, 700, 9}
	assert.Equal(t, 2.0, theilSen(x, y), "one outlier does not move it")
	assert.Zero(t, theilSen([]float64{1, 1, 1}, []float64{1, 2, 3}))
	assert.Zero(t, theilSen(nil, nil))
}

func TestPearson(t *testing.T) {
	assert.InDelta(t, 1, pearson([]float64{1, 2, 3}, []float64{10, 20, 30}), 1e-9)
	assert.InDelta(t, -1, pearson([]float64{1, 2, 3}, []float64{3, 2, 1}), 1e-9)
	assert.Zero(t, pearson([]float64{1, 2, 3}, []float64{5, 5, 5}))
}

func TestTrack(t *testing.T) {
	k := (&track{}).add(1, 10).add(2, 20).add(3, 15)
	assert.Equal(t, 10.0, k.at(0), "before the first: the first")
	assert.Equal(t, 20.0, k.at(2.5), "between: the last known")
	assert.Equal(t, 15.0, k.at(math.Inf(1)))
	assert.Equal(t, 5.0, k.rise(1, 9))
	assert.Equal(t, []float64{20, 15}, k.between(2, 3).v)
	assert.Empty(t, k.between(4, 5).v)
	assert.Equal(t, []float64{10, 15}, k.minima(1.5).v)
	assert.Equal(t, []float64{10, 15}, k.thinned(2).v)
	var none *track
	assert.Zero(t, none.at(1))
	assert.Zero(t, none.between(0, 1).len())
	assert.Zero(t, none.minima(1).len())
}

func TestHeldFrom(t *testing.T) {
	always := func(float64) bool { return true }
	at := make([]float64, 40)
	for i := range at {
		at[i] = float64(i) * 0.1
	}
	holds := func(when func(i int) bool) []bool {
		all := make([]bool, len(at))
		for i := range all {
			all[i] = when(i)
		}
		return all
	}
	moment, ok := heldFrom(at, holds(func(i int) bool { return i >= 10 && i%5 != 0 }), always)
	assert.True(t, ok, "flutter is no release")
	assert.InDelta(t, 1, moment, 0.2)
	_, ok = heldFrom(at, holds(func(i int) bool { return i >= 10 && i < 20 }), always)
	assert.False(t, ok, "a pause is no brake")
	_, ok = heldFrom(at, holds(func(i int) bool { return i >= 38 }), always)
	assert.False(t, ok, "the last moment is no brake")
	_, ok = heldFrom(nil, nil, always)
	assert.False(t, ok)
}

// steadily is a program with 100 MiB in its buffers that takes as much as it delivers, 6
// MiB/s, for four seconds.
func steadily(piledUp func(t float64) float64) *evidence {
	written, backlog, delivered := &track{}, &track{}, &track{}
	for i := range 81 {
		t := float64(i) * 0.05
		backlog.add(t, 100*mebibyte+piledUp(t))
		delivered.add(t, 6*mebibyte*t)
		written.add(t, 12*mebibyte*t+piledUp(t)) // a part of it lies in the kernel's queues
	}
	return &evidence{tracks: map[harness.Metric]*track{harness.SourceBytes: written}, ledger: ledger{backlog: backlog, delivered: delivered}, bound: 32 * mebibyte}
}

const mebibyte = float64(harness.MiB)

func TestLevelsOff(t *testing.T) {
	assert.True(t, steadily(func(float64) float64 { return 0 }).levelsOff(0, 4))
	batch := steadily(func(t float64) float64 { return max(t-3.7, 0) * 40 * mebibyte })
	assert.True(t, batch.levelsOff(0, 4), "buffers that are filled again at the end")
	assert.False(t, batch.keepsUp(0, 4, levelFactor), "which the two ends alone do not show")
	assert.False(t, steadily(func(t float64) float64 { return t * 6 * mebibyte }).levelsOff(0, 4), "twice what is delivered")
	stairs := steadily(func(t float64) float64 { return math.Floor(t/0.5) * 3 * mebibyte })
	assert.False(t, stairs.levelsOff(0, 4), "the same, by and by")
}
