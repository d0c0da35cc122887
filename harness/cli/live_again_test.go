package cli_test

import (
	"cmp"
	"path/filepath"
	"strconv"

	"github.com/stretchr/testify/assert"

	"github.com/highwater-dev/highwater/harness"
	needs "github.com/highwater-dev/highwater/harness/internal/require"
	"github.com/highwater-dev/highwater/reports"
)

// Some hundred runs side by side on a busy machine are as many chances for one that the
// machine disturbed. Of a whole catalog at most this many may come out otherwise than
// declared; each stands in the list of what was not proved at once, and has to come out right
// each time that it is run again with the machine for itself. make soak counts without such
// mercy.
const (
	mayBeOff   = 2
	timesAgain = 2
)

// again runs what came out otherwise once more, and puts the last of those runs in its place
// in the report. It is false where nothing was off, or too much.
func (l *live) again(in string, catalog []*harness.Scenario, document reports.Document) bool {
	l.Helper()
	type place struct {
		scenario, variant int
		wanted            harness.Result
	}
	var off []place
	for i, told := range document.Scenarios {
		wanted := cmp.Or(catalog[i].Expect, harness.Pass)
		for j, variant := range told.Variants {
			if variant.Result != wanted {
				l.tell(variant)
				off = append(off, place{i, j, wanted})
			}
		}
	}
	if len(off) == 0 || len(off) > mayBeOff {
		return false
	}
	first := l.out
	defer func() { l.out = first }()
	for _, at := range off {
		scenario, variant := &document.Scenarios[at.scenario], &document.Scenarios[at.scenario].Variants[at.variant]
		for round := range timesAgain {
			l.out = filepath.Join(first, "again", scenario.ID, strconv.Itoa(round), filepath.FromSlash(variant.Name))
			// Its code is of no use: a comparison with a variant that is not run decides nothing.
			_, _, stderr := l.run("run", scenario.ID, "--variants", variant.Name, "--engine", in, "--out", l.out)
			told := l.report().Scenarios[0].Variants[0]
			if !assert.Equal(l, at.wanted, told.Result, "again, by itself: %s\n%s", told.Sentence, stderr) {
				return false
			}
			from, err := filepath.Rel(first, l.out)
			assert.NoError(l, err)
			told.Run = filepath.Join(from, told.Run)
			*variant = told
		}
		needs.List(l, "at first otherwise, then as declared: "+in+" "+scenario.ID+" "+variant.Name)
	}
	return true
}
