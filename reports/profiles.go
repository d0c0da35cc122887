package reports

import (
	"fmt"
	"os"

	"github.com/google/pprof/profile"

	"github.com/highwater-dev/highwater/harness"
)

// heapProfiles are the heap profiles of a run whose files exist, in order.
func heapProfiles(run *harness.Recording) (events []harness.Event) {
	if run == nil {
		return nil
	}
	for _, event := range run.Profiles() {
		if event.ProfileKind == harness.ProfileHeap {
			events = append(events, event)
		}
	}
	return events
}

// lastHeap is the last heap profile of a run, nil where none was taken.
func lastHeap(run *harness.Recording) (*profile.Profile, error) {
	events := heapProfiles(run)
	if len(events) == 0 {
		return nil, nil
	}
	return readProfile(run.ProfilePath(events[len(events)-1]))
}

func readProfile(name string) (*profile.Profile, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open profile: %w", err)
	}
	defer file.Close()
	parsed, err := profile.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("read profile %s: %w", name, err)
	}
	if len(parsed.SampleType) == 0 {
		return nil, fmt.Errorf("read profile %s: it counts nothing", name)
	}
	return parsed, nil
}

// cumulative sums, for each function, the bytes in use of all stacks it stands in, each
// stack once however often the function recurs.
func cumulative(p *profile.Profile) map[string]int64 {
	index := spaceIndex(p)
	sums := make(map[string]int64)
	for _, sample := range p.Sample {
		seen := make(map[string]bool)
		for _, location := range sample.Location {
			for _, line := range location.Line {
				if line.Function != nil && !seen[line.Function.Name] {
					seen[line.Function.Name] = true
					sums[line.Function.Name] += sample.Value[index]
				}
			}
		}
	}
	return sums
}

// spaceIndex is the sample type that counts bytes in use: inuse_space of Go, space of V8;
// the last one otherwise, which is what pprof shows by default.
func spaceIndex(p *profile.Profile) int {
	for i, kind := range p.SampleType {
		if kind.Type == "inuse_space" || kind.Type == "space" {
			return i
		}
	}
	return len(p.SampleType) - 1
}

// growthProfiles are the first heap profile and the fullest later one, which are those
// that analysis.HeapDiff blames functions by: the last one of a survivor may be empty
// again, and the last one of a program that died cut short.
func growthProfiles(run *harness.Recording) (first, fullest harness.Event, found bool) {
	most, readable := int64(-1), 0
	for _, event := range heapProfiles(run) {
		taken, err := readProfile(run.ProfilePath(event))
		if err != nil {
			continue
		}
		if readable++; readable == 1 {
			first = event
			continue
		}
		if held := heldBytes(taken); held >= most {
			fullest, most = event, held
		}
	}
	return first, fullest, readable > 1
}

func heldBytes(p *profile.Profile) (sum int64) {
	index := spaceIndex(p)
	for _, sample := range p.Sample {
		sum += sample.Value[index]
	}
	return sum
}
