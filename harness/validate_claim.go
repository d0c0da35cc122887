package harness

import "fmt"

// claims: each names runs that there are, and one thing that decides.
func (v *validator) claims() {
	for i, claim := range v.scenario.Claims {
		path := fmt.Sprintf("claims[%d]", i)
		if !v.has(path) {
			continue
		}
		if v.has(path+".said") && claim.Said == "" {
			v.failAt(path+".said", "nothing is said", "want a sentence")
		}
		v.compared(path+".of", claim.Of)
		decides := 0
		for _, key := range []string{"outcome", "acquitted", "metric"} {
			if !v.absent(join(path, key)) {
				decides++
			}
		}
		if decides != 1 {
			v.failAt(path, fmt.Sprintf("%d things decide the claim", decides), "want one of outcome, acquitted and metric")
		}
		if v.has(path + ".metric") {
			v.comparison(path, claim.Check())
		}
	}
}
