package harness

import (
	"fmt"
	"math"
)

// checks: each compares runs that there are, and can fail.
func (v *validator) checks() {
	for i, check := range v.scenario.Checks {
		path := fmt.Sprintf("checks[%d]", i)
		if !v.has(path) {
			continue
		}
		v.compared(path+".of", check.Of)
		v.comparison(path, check)
	}
}

// comparison checks what check and claim have in common, but for the first variant.
func (v *validator) comparison(path string, check Check) {
	v.compared(path+".over", check.Over)
	if check.Of == check.Over && v.has(path+".of") && v.has(path+".over") {
		v.failAt(path+".over", "the variant is compared with itself", "want another one, or drop this key to check the figure itself")
	}
	if v.absent(path+".min") && v.absent(path+".max") {
		v.failAt(path, "the check has no bound", "add min: 10, max: 1.5 or both")
	}
	v.checkBound(path+".min", check.Min)
	v.checkBound(path+".max", check.Max)
	if v.has(path+".min") && v.has(path+".max") && *check.Min > *check.Max {
		v.failAt(path+".max", fmt.Sprintf("%v is below min, %v", *check.Max, *check.Min), "want bounds that a number can keep")
	}
}

// compared checks the name of a variant.
func (v *validator) compared(path, name string) {
	var names []string
	for i, variant := range v.scenario.Variants {
		if v.bad[fmt.Sprintf("variants[%d].name", i)] {
			return // it may be the one that is meant
		}
		names = append(names, variant.Name)
	}
	if v.has(path) && !contains(names, name) && len(names) > 0 {
		v.failAt(path, fmt.Sprintf("there is no variant %q", name), suggestValue(name, names))
	}
}

func (v *validator) checkBound(path string, bound *float64) {
	if v.has(path) && !(*bound >= 0 && *bound < math.MaxInt64) {
		v.failAt(path, fmt.Sprintf("%v is no bound", *bound), "want a number that is not negative, in base units, such as 10")
	}
}
