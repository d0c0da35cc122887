package analysis

import (
	"math"
	"slices"
)

// mannKendall is the one-sided p-value of "these values rise": Mann 1945, Kendall
// 1975, with the normal approximation and the correction for ties. Below five values
// it is 1.
func mannKendall(values []float64) float64 {
	n := len(values)
	if n < 5 {
		return 1
	}
	s := 0.0
	for i, a := range values {
		for _, b := range values[i+1:] {
			switch {
			case b > a:
				s++
			case b < a:
				s--
			}
		}
	}
	variance := float64(n) * float64(n-1) * float64(2*n+5)
	for _, ties := range tieSizes(values) {
		variance -= ties * (ties - 1) * (2*ties + 5)
	}
	if variance <= 0 || s <= 0 {
		return 1
	}
	return 0.5 * math.Erfc((s-1)/math.Sqrt(variance/18)/math.Sqrt2)
}

func tieSizes(values []float64) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	var sizes []float64
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		sizes = append(sizes, float64(j-i))
		i = j
	}
	return sizes
}

// theilSen is the median slope of y over x (Theil 1950, Sen 1968); 0 where x does not
// move.
func theilSen(x, y []float64) float64 {
	slopes := make([]float64, 0, len(x)*(len(x)-1)/2)
	for i := range x {
		for j := i + 1; j < len(x); j++ {
			if d := x[j] - x[i]; math.Abs(d) > 1e-9 {
				slopes = append(slopes, (y[j]-y[i])/d)
			}
		}
	}
	return median(slopes)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return values[middle-1]/2 + values[middle]/2
}

// pearson is the correlation of two series, 0 where one of them does not move.
func pearson(x, y []float64) float64 {
	if len(x) < 3 || len(x) != len(y) {
		return 0
	}
	meanX, meanY := mean(x), mean(y)
	var xx, yy, xy float64
	for i := range x {
		dx, dy := x[i]-meanX, y[i]-meanY
		xx, yy, xy = xx+dx*dx, yy+dy*dy, xy+dx*dy
	}
	if xx <= 0 || yy <= 0 {
		return 0
	}
	return xy / math.Sqrt(xx) / math.Sqrt(yy)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, value := range values {
		sum += value
	}
	return sum / float64(len(values))
}

// rises says whether a track rises significantly, and its slope per second.
func rises(k *track) (slope float64, ok bool) {
	few := k.thinned(200)
	if mannKendall(few.v) >= significant {
		return 0, false
	}
	slope = theilSen(few.t, few.v)
	return slope, slope > 0
}
