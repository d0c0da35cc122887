package analysis_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
)

var update = flag.Bool("update", false, "write the golden files anew")

var queueWrite = []frame{{"bytes.growSlice", "buffer.go", 9}, {"main.(*queue).Write", "/app/main.go", 31}, {"main.main.func1", "/app/main.go", 60}}

var unbounded = math.Inf(1)

// ramp is a count that begins at a moment and grows at a rate up to a level.
func ramp(t, from, rate, most float64) float64 { return min(math.Floor(max(t-from, 0)*rate), most) }

type values = map[harness.Metric]float64

// judged is a program with what must be said of it.
type judged struct {
	name    string
	program program
	cause   harness.Cause
	outcome harness.Outcome
	engaged bool
	site    string
}

func TestJudge(t *testing.T) {
	for _, c := range slices.Concat(cases, partial, scripts) {
		t.Run(c.name, func(t *testing.T) {
			v, err := analysis.Judge(record(t, c.program))
			require.NoError(t, err)
			assert.Equal(t, c.cause, v.Cause, v.Sentence)
			assert.Equal(t, c.outcome, v.Outcome, v.Sentence)
			assert.Equal(t, c.engaged, v.Engaged, v.EngagedWhy)
			if c.site != "" && assert.NotEmpty(t, v.Sites, v.Warnings) {
				assert.Equal(t, c.site, v.Sites[0].Function)
			}
			if c.site == "" {
				assert.Empty(t, v.Sites)
			}
			if v.Cause == harness.CauseUnboundedBuffer && v.Outcome.Died() {
				assert.Less(t, v.AtSeconds, v.DurationSeconds-0.3, "seen before the death")
			}
			if !v.Convicted() {
				assert.Zero(t, v.TimeToDeathSeconds, "nobody foretells the death of the innocent")
			}
			golden(t, c.name, v)
		})
	}
}

// misprints stand in no sentence: broken formats, empty lists, a plural of one.
var misprints = []string{"NaN", "Inf", "%!", ": .", "  "}

func golden(t *testing.T, name string, v *harness.Verdict) {
	t.Helper()
	text := fmt.Sprintf("%s\nat %.1f s in %q, confidence %s\n", v.Sentence, v.AtSeconds, v.Phase, v.Confidence)
	for _, warning := range v.Warnings {
		text += "warning: " + warning + "\n"
	}
	for _, bad := range misprints {
		assert.NotContains(t, text, bad)
	}
	assert.NotRegexp(t, `(^|[^\d.,])1 [a-z]{3,}s\b`, text)
	path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".golden")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), text)
}
