package cli_test

import (
	"path/filepath"
	"strconv"

	"github.com/stretchr/testify/assert"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/reports"
)

// Some hundred runs side by side on a busy machine are as many chances for one that the
// machine disturbed. Of a whole catalog at most this many may come out otherwise than
// declared; each is told with all that is left of it, and has to come out right each time
// that it is run again with the machine for itself. make soak counts without such mercy.
const (
	mayBeOff   = 2
	timesAgain = 2
)

// again runs what came out otherwise once more, and puts the last of those runs in its place
// in the report. It is false where nothing was off, or too much.
func (l *live) again(in string, catalog []*harness.Scenario, document reports.Document) bool {
	l.Helper()
	type place struct{ scenario, variant int }
	var off []place
	for i, told := range document.Scenarios {
		wanted := harness.Pass
		if catalog[i].Expect != "" {
			wanted = catalog[i].Expect
		}
		for j, variant := range told.Variants {
			if variant.Result != wanted {
				l.tell(variant)
				off = append(off, place{i, j})
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
			code, stdout, stderr := l.run("run", scenario.ID, "--variants", variant.Name, "--engine", in, "--out", l.out)
			if !assert.Zero(l, code, "again, by itself: %s\n%s", stdout, stderr) {
				return false
			}
			told := l.report().Scenarios[0].Variants[0]
			from, err := filepath.Rel(first, l.out)
			assert.NoError(l, err)
			told.Run = filepath.Join(from, told.Run)
			if round == timesAgain-1 {
				*variant = told
			}
		}
	}
	return true
}
