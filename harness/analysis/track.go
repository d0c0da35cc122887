package analysis

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"github.com/highwater-dev/highwater/harness"
)

// track is one metric over time; seconds count from the beginning of the load.
type track struct{ t, v []float64 }

// hugest bounds values read from a recording, so that sums of them stay finite.
const hugest = 1e15

// newTracks sorts samples into tracks. Values that are no numbers are left out.
func newTracks(rec *harness.Recording) map[harness.Metric]*track {
	start := rec.LoadStart()
	samples := slices.Clone(rec.Samples)
	slices.SortStableFunc(samples, func(a, b harness.Sample) int { return cmp.Compare(a.Seconds, b.Seconds) })
	tracks := map[harness.Metric]*track{}
	for _, sample := range samples {
		if !sane(sample.Seconds - start) {
			continue
		}
		for metric, value := range sample.Values {
			if sane(value) {
				tracks[metric] = tracks[metric].add(sample.Seconds-start, value)
			}
		}
	}
	return tracks
}

func sane(value float64) bool { return !math.IsNaN(value) && math.Abs(value) <= hugest }

func (k *track) add(t, v float64) *track {
	if k == nil {
		k = &track{}
	}
	k.t, k.v = append(k.t, t), append(k.v, v)
	return k
}

func (k *track) known() bool { return k != nil && len(k.t) > 0 }

func (k *track) len() int {
	if k == nil {
		return 0
	}
	return len(k.t)
}

// at is the last value at or before t; the first value for an earlier t, 0 for a
// track that was never recorded.
func (k *track) at(t float64) float64 {
	if !k.known() {
		return 0
	}
	return k.v[max(k.after(t)-1, 0)]
}

// after is the index of the first value that was read after t.
func (k *track) after(t float64) int {
	return sort.Search(len(k.t), func(i int) bool { return k.t[i] > t })
}

// growing is the value at t as if it had grown evenly from one reading to the next; where
// it did not grow, it is the last reading: a fall may have come at once, late in between.
func (k *track) growing(t float64) float64 {
	last := k.at(t)
	if !k.known() {
		return last
	}
	i := k.after(t)
	if i == 0 || i == len(k.t) || k.v[i] <= last {
		return last
	}
	return last + (k.v[i]-last)*(t-k.t[i-1])/(k.t[i]-k.t[i-1])
}

// readBefore is when the value that holds at t was read.
func (k *track) readBefore(t float64) float64 { return k.t[max(k.after(t)-1, 0)] }

// rise is how much the value grew from one moment to another.
func (k *track) rise(from, to float64) float64 { return k.at(to) - k.at(from) }

func (k *track) last() float64 { return k.at(math.Inf(1)) }

// peak is the highest value and its moment.
func (k *track) peak() (value, at float64) {
	if !k.known() {
		return 0, 0
	}
	value = math.Inf(-1)
	for i, v := range k.v {
		if v > value {
			value, at = v, k.t[i]
		}
	}
	return value, at
}

// between is the part of a track in a closed span.
func (k *track) between(from, to float64) *track {
	if !k.known() {
		return &track{}
	}
	low := sort.SearchFloat64s(k.t, from)
	high := k.after(to)
	if low >= high {
		return &track{}
	}
	return &track{k.t[low:high], k.v[low:high]}
}

// minima is the lowest value of each span of the given length: the floor of a count
// that flutters.
func (k *track) minima(span float64) *track {
	floor := &track{}
	for i := 0; i < k.len(); {
		low, at, end := k.v[i], k.t[i], k.t[i]+span
		for i++; i < k.len() && k.t[i] < end; i++ {
			low, at = min(low, k.v[i]), k.t[i]
		}
		floor.add(at, low)
	}
	return floor
}

// speed is how fast a track moved around a moment, at most, in bytes per second.
func (k *track) speed(t float64) (fastest float64) {
	near := k.between(t-driftSpan, t+driftSpan)
	for i := 1; i < near.len(); i++ {
		if span := near.t[i] - near.t[i-1]; span > 0 {
			fastest = max(fastest, math.Abs(near.v[i]-near.v[i-1])/span)
		}
	}
	return fastest
}

// thinned keeps at most n points, evenly by index, the last one included: pairwise
// statistics are quadratic.
func (k *track) thinned(n int) *track {
	if k.len() <= n || n < 2 {
		return k
	}
	few := &track{}
	for i := range n {
		j := i * (k.len() - 1) / (n - 1)
		few.add(k.t[j], k.v[j])
	}
	return few
}

// along reads another track at this one's moments.
func (k *track) along(other *track) []float64 {
	values := make([]float64, k.len())
	for i := range values {
		values[i] = other.at(k.t[i])
	}
	return values
}

// eachCommon visits the moments at which both tracks were read, by their indices.
func eachCommon(a, b *track, visit func(i, j int)) {
	for i, j := 0, 0; i < a.len() && j < b.len(); {
		switch {
		case a.t[i] < b.t[j]:
			i++
		case a.t[i] > b.t[j]:
			j++
		default:
			visit(i, j)
			i, j = i+1, j+1
		}
	}
}

// share is the growth of part over the growth of whole in a span, 0 to 1; 0 where the
// whole hardly grew.
func share(part, whole *track, from, to float64) float64 {
	total := whole.rise(from, to)
	if total < 0.02 {
		return 0
	}
	return min(max(part.rise(from, to)/total, 0), 1)
}
