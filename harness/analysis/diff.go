package analysis

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/google/pprof/profile"

	"github.com/highwater-dev/highwater/harness"
)

// HeapDiff reads the two heap profiles whose difference is the growth: the first one
// and the fullest of the later ones. For a program that died that is the last good
// one; a survivor may have been drained since. base is nil where none was taken before
// the growth: then all that last holds is growth.
func HeapDiff(rec *harness.Recording) (base, last *profile.Profile, err error) {
	base, last, _, err = profilePair(rec, harness.ProfileHeap)
	return base, last, err
}

// Growth is last minus base of [HeapDiff], negative values included.
func Growth(rec *harness.Recording) (*profile.Profile, error) {
	base, last, err := HeapDiff(rec)
	if err != nil {
		return nil, err
	}
	return subtract(base, last)
}

var errNoProfile = errors.New("the run has no readable profile of this kind")

// baseWithin is how long after the load's begin a first profile still shows the
// program at rest. A later one holds part of the growth and is no base.
const baseWithin = 0.5

// profilePair reads the first and the fullest profile of a kind, with the latter's event.
// A profile that cannot be read is passed over: the one before it is the last good one.
func profilePair(rec *harness.Recording, kind string) (base, last *profile.Profile, at harness.Event, err error) {
	var first harness.Event
	if rec == nil {
		return nil, nil, at, errors.New("read profiles: no recording")
	}
	fullest := int64(-1)
	for _, event := range rec.Profiles() {
		if event.ProfileKind != kind {
			continue
		}
		taken, err := readProfile(rec.ProfilePath(event))
		if err != nil {
			continue
		}
		if base == nil && event.Seconds-rec.LoadStart() <= baseWithin {
			base, first = taken, event
			continue
		}
		if size := total(taken); size >= fullest {
			last, at, fullest = taken, event, size
		}
	}
	switch {
	case last == nil && base == nil:
		return nil, nil, at, fmt.Errorf("read %s profiles of %s: %w", kind, rec.Info.ID, errNoProfile)
	case last == nil:
		return nil, base, first, nil
	}
	return base, last, at, nil
}

func readProfile(path string) (*profile.Profile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	defer file.Close()
	read, err := profile.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("read profile %s: %w", path, err)
	}
	if len(read.SampleType) == 0 {
		return nil, fmt.Errorf("read profile %s: it counts nothing", path)
	}
	return read, nil
}

// subtract merges base, scaled by -1, into last. The arguments stay as they are.
func subtract(base, last *profile.Profile) (*profile.Profile, error) {
	if base == nil {
		return last.Copy(), nil
	}
	negative := base.Copy()
	negative.Scale(-1)
	diff, err := profile.Merge([]*profile.Profile{negative, last.Copy()})
	if err != nil {
		return nil, fmt.Errorf("compare profiles: %w", err)
	}
	return diff, nil
}

// valueIndex picks what a profile counts: bytes in use where it knows them, else the
// last of its types (a goroutine profile has only one).
func valueIndex(p *profile.Profile) int {
	for _, want := range []string{"inuse_space", "space"} {
		for i, kind := range p.SampleType {
			if kind.Type == want {
				return i
			}
		}
	}
	for i, kind := range p.SampleType {
		if strings.HasSuffix(kind.Type, "space") || kind.Unit == "bytes" {
			return i
		}
	}
	return len(p.SampleType) - 1
}

func total(p *profile.Profile) int64 {
	sum, index := int64(0), valueIndex(p)
	for _, sample := range p.Sample {
		sum += sample.Value[index]
	}
	return sum
}
