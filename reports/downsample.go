package reports

import (
	"math"
	"slices"
)

// xy is a point of a line; y that is not a number is a gap.
type xy struct{ x, y float64 }

// downsample thins a line to at most limit points. Each stretch keeps its lowest and its
// highest point and its first gap, in their order, and the ends stay: a peak must not
// fall between two points that are drawn, nor a gap be drawn over.
func downsample(points []xy, limit int) []xy {
	const each = 3 // points kept of a stretch
	if len(points) <= limit || limit < each+2 {
		return points
	}
	stretches := (limit - 2) / each
	kept := []xy{points[0]}
	inner := points[1 : len(points)-1]
	for i := range stretches {
		part := inner[i*len(inner)/stretches : (i+1)*len(inner)/stretches]
		low, high, gap := extremes(part)
		indices := []int{low, high, gap}
		slices.Sort(indices)
		for _, index := range slices.Compact(indices) {
			if index >= 0 {
				kept = append(kept, part[index])
			}
		}
	}
	return append(kept, points[len(points)-1])
}

// extremes are the indices of the lowest and highest point and of the first gap, -1
// where there is none.
func extremes(points []xy) (low, high, gap int) {
	low, high, gap = -1, -1, -1
	for i, p := range points {
		switch {
		case math.IsNaN(p.y):
			if gap < 0 {
				gap = i
			}
			continue
		case low < 0:
			low, high = i, i
		}
		if p.y < points[low].y {
			low = i
		}
		if p.y > points[high].y {
			high = i
		}
	}
	return low, high, gap
}
