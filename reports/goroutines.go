package reports

import (
	"fmt"
	"strings"

	"github.com/google/pprof/profile"

	"github.com/highwater-dev/highwater/harness"
)

// goroutineMisses says what each of the two ways to find leaked goroutines cannot see.
const goroutineMisses = "The count misses a few that leak among many that come and go; the profile misses those that wait for something that is still referred to, for the network, or for a timer."

// goroutineView is what is known of a run's goroutines.
type goroutineView struct {
	Trend, Leaks string
	// Leaked is what the last leak profile counted.
	Leaked int64
}

// goroutines reads the count over time and the last leak profile; nil where no runtime
// was asked.
func goroutines(run *harness.Recording) *goroutineView {
	if run == nil {
		return nil
	}
	var first, last, most int64 = -1, 0, 0
	for _, sample := range run.Samples {
		n, told := sample.Values[harness.Goroutines]
		if !told || sample.Seconds < run.LoadStart() {
			continue
		}
		if last = int64(n); first < 0 {
			first = last
		}
		most = max(most, last)
	}
	if first < 0 {
		return nil
	}
	view := &goroutineView{Trend: fmt.Sprintf("%s when the load began, %s at most, %s at the end", count(first), count(most), count(last))}
	view.readLeaks(run)
	return view
}

func (g *goroutineView) readLeaks(run *harness.Recording) {
	g.Leaks = "none was taken: the program does not have it, had 10,000 goroutines or more, or ended before a phase did"
	for _, event := range run.Profiles() {
		if event.ProfileKind != harness.ProfileGoroutineLeak {
			continue
		}
		leaks, err := readProfile(run.ProfilePath(event))
		if err != nil {
			g.Leaks = "it cannot be read: " + err.Error()
			continue
		}
		g.Leaks = "none leaked"
		var top harness.Site
		var there int64
		if g.Leaked, top, there = countLeaks(leaks); g.Leaked > 0 {
			g.Leaks = fmt.Sprintf("%s leaked, %s of them at %s", count(g.Leaked), count(there), top.Function)
			if at := place(run, top); at != "" {
				g.Leaks += " (" + at + ")"
			}
		}
		g.Leaks += fmt.Sprintf(", %s after the load began", seconds(event.Seconds-run.LoadStart()))
	}
}

// countLeaks sums a leak profile, and finds the line at which most of them wait.
func countLeaks(leaks *profile.Profile) (all int64, top harness.Site, there int64) {
	sites := map[harness.Site]int64{}
	for _, sample := range leaks.Sample {
		all += sample.Value[0]
		site := waitsAt(sample)
		sites[site] += sample.Value[0]
		if n := sites[site]; n > there || n == there && site.Function < top.Function {
			top, there = site, n
		}
	}
	return all, top, there
}

// waitsAt is the innermost line that is not the runtime's or the lock's.
func waitsAt(sample *profile.Sample) (site harness.Site) {
	for _, location := range sample.Location {
		for _, line := range location.Line {
			if line.Function == nil {
				continue
			}
			site = harness.Site{Function: line.Function.Name, File: line.Function.Filename, Line: line.Line}
			if pkg, _, _ := strings.Cut(site.Function, "."); pkg != "runtime" && pkg != "sync" && !strings.HasPrefix(pkg, "internal/") {
				return site
			}
		}
	}
	return site
}
