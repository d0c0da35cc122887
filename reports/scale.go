package reports

import "math"

// byteTicks are round binary values from zero up to top, about n of them.
func byteTicks(top float64, n int) (ticks []float64) {
	if top <= 0 || n < 1 {
		return []float64{0}
	}
	step := math.Exp2(math.Ceil(math.Log2(top / float64(n))))
	return steps(step, top)
}

// timeTicks are round decimal values from zero up to top, at most n of them.
func timeTicks(top float64, n int) []float64 {
	if top <= 0 {
		return []float64{0}
	}
	rough := top / float64(max(1, n))
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, factor := range []float64{1, 2, 5, 10} {
		if power*factor >= rough*0.999 {
			return steps(power*factor, top)
		}
	}
	return steps(power*10, top)
}

func steps(step, top float64) (ticks []float64) {
	for i := 0; float64(i)*step <= top*1.0001; i++ {
		ticks = append(ticks, float64(i)*step)
	}
	return ticks
}
