package analysis_test

import (
	"maps"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
)

// held is what a Go program in a container holds when its heap has a size: 1 MiB of
// stacks, 2 MiB free, 4 MiB of the runtime's own, and what the kernel adds.
func held(heap float64) values {
	return values{
		harness.HeapLive: heap * 3 / 4, harness.HeapObjects: heap, harness.HeapUnused: mib / 2, harness.HeapFree: 1.5 * mib,
		harness.HeapReleased: 30 * mib, harness.Stacks: mib, harness.RuntimeOther: 4 * mib, harness.RuntimeTotal: heap + 37*mib,
		harness.RuntimeSkew: 0.002, harness.Collections: 3, harness.Goroutines: 12,
		harness.MemoryAnon: heap + 7*mib, harness.MemoryShared: 0, harness.MemoryFile: 3 * mib, harness.MemorySocket: mib, harness.MemoryKernel: mib,
		harness.MemoryUsage: heap + 12*mib,
	}
}

// ledgerOf judges a run of samples, 50 ms apart.
func ledgerOf(t *testing.T, samples ...values) *harness.MemoryLedger {
	t.Helper()
	rec := &harness.Recording{Info: harness.RunInfo{Scenario: harness.Scenario{Bound: 16 * harness.MiB, Limits: harness.Limits{Memory: 256 * harness.MiB}}}}
	rec.Events = []harness.Event{{Kind: harness.EventLoad, Seconds: 1}}
	for i, one := range samples {
		rec.Samples = append(rec.Samples, harness.Sample{Seconds: 1 + float64(i)*0.05, Values: one})
	}
	v, err := analysis.Judge(rec)
	require.NoError(t, err)
	if v.Memory == nil {
		return nil
	}
	sum := harness.Bytes(0)
	for _, part := range v.Memory.Parts {
		sum += part.Bytes
		for _, bad := range misprints {
			assert.NotContains(t, part.Means, bad)
		}
	}
	assert.InDelta(t, float64(v.Memory.TotalBytes), float64(sum), 1, "the parts are the total")
	return v.Memory
}

func bytesOf(ledger *harness.MemoryLedger) map[harness.MemoryKind]float64 {
	bytes := map[harness.MemoryKind]float64{}
	for _, part := range ledger.Parts {
		bytes[part.Kind] = float64(part.Bytes) / mib
	}
	return bytes
}

// changed is a sample with some values replaced; NaN takes one away.
func changed(sample, by values) values {
	maps.Copy(sample, by)
	maps.DeleteFunc(sample, func(_ harness.Metric, value float64) bool { return math.IsNaN(value) })
	return sample
}

func TestMemoryLedgerNamesAllParts(t *testing.T) {
	ledger := ledgerOf(t, held(40*mib), held(80*mib), held(60*mib))
	assert.InDelta(t, 0.05, ledger.AtSeconds, 1e-9)
	assert.Equal(t, harness.MemoryUsage, ledger.Counted)
	assert.Equal(t, 92*harness.MiB, ledger.TotalBytes)
	assert.Equal(t, map[harness.MemoryKind]float64{
		harness.PartLiveHeap: 60, harness.PartGarbage: 20, harness.PartStacks: 1, harness.PartFreeHeap: 2, harness.PartRuntime: 4,
		harness.PartShared: 0, harness.PartSockets: 1, harness.PartPageCache: 3, harness.PartKernel: 1, harness.PartUnexplained: 0,
	}, bytesOf(ledger))
	assert.Contains(t, ledger.Moment, "at the peak; kernel and runtime were read within 2 ms")
}

func TestMemoryLedgerTellsWhatTheRuntimeDoesNotKnow(t *testing.T) {
	steady := func(by values) *harness.MemoryLedger {
		return ledgerOf(t, changed(held(20*mib), by), changed(held(20*mib), by), changed(held(20*mib), by))
	}
	t.Run("off-heap", func(t *testing.T) {
		ledger := steady(values{harness.MemoryAnon: 127 * mib, harness.MemoryUsage: 132 * mib})
		assert.InDelta(t, 100, bytesOf(ledger)[harness.PartOffHeap], 0.1)
		assert.InDelta(t, 0, bytesOf(ledger)[harness.PartUnexplained], 0.1)
	})
	t.Run("never written", func(t *testing.T) {
		ledger := steady(values{harness.MemoryAnon: 24 * mib, harness.MemoryUsage: 29 * mib})
		assert.InDelta(t, -3, bytesOf(ledger)[harness.PartNeverWritten], 0.1)
		assert.NotContains(t, bytesOf(ledger), harness.PartOffHeap)
	})
	t.Run("shared memory is not page cache", func(t *testing.T) {
		ledger := steady(values{harness.MemoryShared: 100 * mib, harness.MemoryFile: 103 * mib, harness.MemoryUsage: 132 * mib})
		assert.InDelta(t, 100, bytesOf(ledger)[harness.PartShared], 0.01)
		assert.InDelta(t, 3, bytesOf(ledger)[harness.PartPageCache], 0.01)
		assert.Contains(t, ledger.Part(harness.PartShared).Means, "held like a heap")
	})
	t.Run("page cache that may be shared memory", func(t *testing.T) {
		assert.Contains(t, steady(values{harness.MemoryShared: math.NaN()}).Part(harness.PartPageCache).Means, "does not tell them apart")
	})
	t.Run("something is charged that nobody knows", func(t *testing.T) {
		ledger := steady(values{harness.MemoryUsage: 72 * mib})
		assert.InDelta(t, 40, bytesOf(ledger)[harness.PartUnexplained], 0.1)
		assert.Contains(t, ledger.Part(harness.PartUnexplained).Means, "More than")
	})
	t.Run("a recording without the runtime's own", func(t *testing.T) {
		assert.InDelta(t, 4, bytesOf(steady(values{harness.RuntimeOther: math.NaN()}))[harness.PartRuntime], 0.01)
	})
}

func TestMemoryLedgerWithoutARuntime(t *testing.T) {
	image := values{harness.MemoryAnon: 50 * mib, harness.MemoryShared: 10 * mib, harness.MemoryFile: 30 * mib, harness.MemoryUsage: 81 * mib}
	ledger := ledgerOf(t, image, image)
	assert.Equal(t, map[harness.MemoryKind]float64{
		harness.PartAnonymous: 50, harness.PartShared: 10, harness.PartPageCache: 20, harness.PartUnexplained: 1,
	}, bytesOf(ledger))
	assert.Zero(t, ledger.SkewSeconds)
	assert.NotContains(t, ledger.Moment, "runtime")
}

func TestMemoryLedgerWhereOnlyAnonymousMemoryIsCounted(t *testing.T) {
	process := values{harness.MemoryUsage: math.NaN(), harness.MemoryFile: math.NaN(), harness.MemorySocket: math.NaN(), harness.MemoryKernel: math.NaN(), harness.MemoryShared: math.NaN()}
	ledger := ledgerOf(t, changed(held(80*mib), process), changed(held(80*mib), process))
	assert.Equal(t, harness.MemoryAnon, ledger.Counted)
	assert.Equal(t, 87*harness.MiB, ledger.TotalBytes)
	assert.InDelta(t, 0, bytesOf(ledger)[harness.PartUnexplained], 0.1)
}

func TestMemoryLedgerOfNothing(t *testing.T) {
	assert.Nil(t, ledgerOf(t))
	broken := changed(held(20*mib), values{harness.RuntimeTotal: math.Inf(1), harness.MemoryUsage: -1, harness.MemoryFile: 1e300})
	assert.Equal(t, harness.PartAnonymous, ledgerOf(t, broken, broken).Parts[0].Kind, "what is no number was not told")
	assert.Nil(t, ledgerOf(t, values{harness.HeapLive: 4 * mib, harness.RuntimeTotal: 9 * mib, harness.HeapReleased: 0}), "the kernel's figures are not known")
}

// Memory grows by 60 MiB/s, and the runtime, busy collecting, answers later and later:
// its figures are of another moment than the kernel's. Neither is then called off-heap
// or never written what moved in between, nor is the answer that is seconds old used.
func TestMemoryLedgerNearDeath(t *testing.T) {
	const rate = 60 * mib
	var samples []values
	for i := range 80 {
		at := float64(i) * 0.05
		late := 0.004
		if i > 75 {
			late = 0.1 * float64(i-75)
		}
		sample := held(rate * (at - late))
		maps.Copy(sample, values{harness.RuntimeSkew: late})
		now := held(rate * at)
		for _, metric := range []harness.Metric{harness.MemoryAnon, harness.MemoryUsage} {
			sample[metric] = now[metric]
		}
		samples = append(samples, sample)
	}
	ledger := ledgerOf(t, samples...)
	bytes := bytesOf(ledger)
	assert.InDelta(t, 3.8, ledger.AtSeconds, 0.06, "fresh, and near the peak")
	assert.NotContains(t, bytes, harness.PartOffHeap)
	assert.NotContains(t, bytes, harness.PartNeverWritten)
	assert.Less(t, math.Abs(bytes[harness.PartUnexplained]), 0.5)
	assert.Contains(t, ledger.Moment, "below the peak of")
	assert.Contains(t, ledger.Part(harness.PartUnexplained).Means, "between the two readings")
}

// A burst at the very end, in which memory moves by more between two readings than may
// stay unexplained, says less than the moment before it.
func TestMemoryLedgerPassesOverABurst(t *testing.T) {
	burst := changed(held(140*mib), values{harness.RuntimeSkew: 0.02, harness.RuntimeTotal: 165 * mib})
	ledger := ledgerOf(t, held(120*mib), held(120*mib), held(120*mib), held(120*mib), held(120*mib), held(120*mib), held(120*mib), burst)
	assert.Less(t, ledger.AtSeconds, 0.3)
	assert.InDelta(t, 0, bytesOf(ledger)[harness.PartUnexplained], 0.5)
	assert.Contains(t, ledger.Moment, "20.0 MiB below the peak of 147 MiB")
}
