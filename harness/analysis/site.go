package analysis

import (
	"cmp"
	"slices"

	"github.com/google/pprof/profile"

	"github.com/highwater-dev/highwater/harness"
)

// function identifies a function: names alone are not enough, for every anonymous
// function of a script has the same.
type function struct {
	name, file string
	start      int64
}

// weight is a function's part of the positive growth.
type weight struct {
	function
	bytes int64 // of stacks it stands in, once each, however often it recurs
	votes int64 // of stacks in which it is the innermost candidate
	lines map[int64]int64
}

// guiltyShare of the positive growth, cumulatively, makes a function a candidate.
const guiltyShare = 0.5

// rank finds the functions that hold the growth, the guilty one first, at most three.
// A candidate is a user function that stands in stacks with at least half of the
// positive growth; each stack votes, with its bytes, for the candidate nearest to its
// leaf; the most votes name the guilty one. Below the floor nothing is named.
func rank(diff *profile.Profile, floor float64) []harness.Site {
	index := valueIndex(diff)
	weights, grown := weigh(diff, index)
	if grown <= 0 || float64(grown) < floor {
		return nil
	}
	vote(diff, index, weights, grown)
	order := make([]*weight, 0, len(weights))
	for _, w := range weights {
		order = append(order, w)
	}
	slices.SortFunc(order, func(a, b *weight) int {
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.name, b.name), cmp.Compare(a.file, b.file), cmp.Compare(a.start, b.start))
	})
	guilty := -1
	for i, w := range order {
		if w.votes > 0 && (guilty < 0 || w.votes > order[guilty].votes) {
			guilty = i
		}
	}
	if guilty < 0 {
		return nil
	}
	first := order[guilty]
	order = slices.Insert(slices.Delete(order, guilty, guilty+1), 0, first)
	var sites []harness.Site
	for _, w := range order[:min(len(order), 3)] {
		sites = append(sites, w.site(diff.SampleType[index].Unit, grown))
	}
	return sites
}

func weigh(diff *profile.Profile, index int) (map[function]*weight, int64) {
	weights, grown := map[function]*weight{}, int64(0)
	for _, sample := range diff.Sample {
		value := sample.Value[index]
		if value <= 0 {
			continue
		}
		grown += value
		seen := map[function]bool{}
		eachUserLine(sample, func(f function, line int64) bool {
			if seen[f] {
				return true
			}
			seen[f] = true
			if weights[f] == nil {
				weights[f] = &weight{function: f, lines: map[int64]int64{}}
			}
			weights[f].bytes += value
			weights[f].lines[line] += value
			return true
		})
	}
	return weights, grown
}

func vote(diff *profile.Profile, index int, weights map[function]*weight, grown int64) {
	for _, sample := range diff.Sample {
		value := sample.Value[index]
		if value <= 0 {
			continue
		}
		eachUserLine(sample, func(f function, _ int64) bool {
			w := weights[f]
			if float64(w.bytes) < guiltyShare*float64(grown) {
				return true
			}
			w.votes += value
			return false
		})
	}
}

// eachUserLine walks a stack from its leaf, inlined calls included, over user
// functions only, until told to stop.
func eachUserLine(sample *profile.Sample, visit func(function, int64) bool) {
	for _, location := range sample.Location {
		for _, line := range location.Line {
			if line.Function == nil || !isUser(line.Function.Name, line.Function.Filename) {
				continue
			}
			f := function{line.Function.Name, line.Function.Filename, line.Function.StartLine}
			if !visit(f, line.Line) {
				return
			}
		}
	}
}

func (w *weight) site(unit string, grown int64) harness.Site {
	line, most := int64(0), int64(-1)
	for number, value := range w.lines {
		if value > most || value == most && number < line {
			line, most = number, value
		}
	}
	site := harness.Site{Function: cmp.Or(w.name, "(anonymous)"), File: w.file, Line: line, Share: float64(w.bytes) / float64(grown)}
	if unit == "bytes" {
		site.Bytes = harness.Bytes(w.bytes)
	}
	return site
}

// sites looks for the place of a conviction: where goroutines are what leaks, in the
// goroutine profiles first.
func (e *evidence) sites(cause harness.Cause) []harness.Site {
	switch cause {
	case harness.CauseLostData, harness.CausePoolStarvation:
		return nil // no growth to place
	case harness.CauseLeakedGoroutines:
		if found := e.goroutineSites(); len(found) > 0 {
			return found
		}
	}
	found := e.heapSites(cause)
	if len(found) == 0 && (cause == harness.CauseRetained || cause == harness.CauseStalledConsumer) {
		found = e.goroutineSites()
	}
	return found
}

func (e *evidence) heapSites(cause harness.Cause) []harness.Site {
	base, last, at, err := profilePair(e.rec, harness.ProfileHeap)
	if err != nil {
		if variant := e.rec.Info.Variant; variant.Runtime() != "" || variant.DebugPort != 0 || variant.InspectPort != 0 {
			e.note("no heap profile: the place is not known")
		}
		return nil
	}
	if !e.outcome.Died() && e.outside.at(e.heldAt) > e.mayHide()*e.heldGrowth {
		e.note("most of the growth lies outside the heap that profiles show: the place is not known")
		return nil
	}
	e.noteLateProfile(at)
	diff, err := subtract(base, last)
	if err != nil {
		e.note("%v", err)
		return nil
	}
	floor := noise
	switch {
	case e.isScript():
		floor = nodeSiteNoise
	case cause == harness.CauseSlowLeak:
		floor = slowSiteNoise
	}
	found := rank(diff, floor)
	if len(found) == 0 && e.growth > e.bound {
		e.note("from the first to the last heap profile, taken at %s, the heap grew by too little in any one place: it is not known", seconds(at.Seconds-e.rec.LoadStart()))
	}
	return found
}

// mayHide is how much of the growth, as a share, may lie outside the runtime's heap where
// profiles are still to name the place. What V8's objects hold outside the heap is often
// more than they are themselves, and so are the copies of strings that are being written.
func (e *evidence) mayHide() float64 {
	if e.isScript() {
		return scriptMayHide
	}
	return 1 - guiltyShare
}

func (e *evidence) goroutineSites() []harness.Site {
	base, last, _, err := profilePair(e.rec, harness.ProfileGoroutine)
	if err != nil {
		return nil
	}
	diff, err := subtract(base, last)
	if err != nil {
		e.note("%v", err)
		return nil
	}
	return rank(atWork(diff), leakedEnough)
}

// atWork leaves out the goroutines that a library keeps for itself, such as the one that
// watches each connection of net/http: with them, the handlers would never be half.
func atWork(goroutines *profile.Profile) *profile.Profile {
	work := &profile.Profile{SampleType: goroutines.SampleType, DefaultSampleType: goroutines.DefaultSampleType}
	for _, sample := range goroutines.Sample {
		eachUserLine(sample, func(function, int64) bool {
			work.Sample = append(work.Sample, sample)
			return false
		})
	}
	return work
}

func (e *evidence) noteLateProfile(at harness.Event) {
	then := e.anon.at(at.Seconds - e.rec.LoadStart())
	if e.outcome.Died() && e.limit > 0 && e.anon.known() && e.limit-then > lateProfile*e.limit {
		e.note("the last good heap profile was taken at %s, %s below the limit: shares hold, sizes do not", human(then), human(e.limit-then))
	}
}
