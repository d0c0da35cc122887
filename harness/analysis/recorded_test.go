package analysis_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
	"github.com/highwater-dev/highwater/harness/internal/recorded"
)

// TestRecorded judges real runs again.
func TestRecorded(t *testing.T) {
	root := recorded.Runs(t)
	const write = "main.(*queue).Write"
	for _, want := range []struct {
		run     string
		outcome harness.Outcome
		cause   harness.Cause
		site    string
		engaged bool
	}{
		{"docker/ignored-backpressure/01-go-broken", harness.OutcomeOOMKilled, harness.CauseUnboundedBuffer, write, true},
		{"docker/ignored-backpressure/02-go-broken-gomemlimit", harness.OutcomeOOMKilled, harness.CauseUnboundedBuffer, write, true},
		{"docker/ignored-backpressure/03-go-broken-twice-memory", harness.OutcomeOOMKilled, harness.CauseUnboundedBuffer, write, true},
		{"docker/ignored-backpressure/04-go-broken-drop-when-full", harness.OutcomeCompleted, harness.CauseLostData, "", true},
		{"docker/ignored-backpressure/05-go-fixed", harness.OutcomeCompleted, harness.CauseNone, "", true},
		{"docker/export-at-scale/01-go-broken", harness.OutcomeOOMKilled, harness.CauseUnboundedBuffer, write, true},
		{"docker/export-at-scale/02-go-fixed", harness.OutcomeCompleted, harness.CauseNone, "", true},
		{"docker/normal-load/01-go-broken", harness.OutcomeCompleted, harness.CauseNone, "", false},
		{"docker/at-its-limit/01-go-broken", harness.OutcomeOOMKilled, harness.CauseUnboundedBuffer, write, true},
		{"process/ignored-backpressure/01-go-broken", harness.OutcomeLimitExceeded, harness.CauseUnboundedBuffer, write, true},
		{"process/ignored-backpressure/02-go-fixed", harness.OutcomeCompleted, harness.CauseNone, "", true},
	} {
		t.Run(want.run, func(t *testing.T) {
			rec, err := harness.OpenRun(filepath.Join(root, want.run))
			require.NoError(t, err)
			verdict, err := analysis.Judge(rec)
			require.NoError(t, err)
			assert.Equal(t, want.outcome, verdict.Outcome)
			assert.Equal(t, want.cause, verdict.Cause, verdict.Sentence)
			assert.Equal(t, want.engaged, verdict.Engaged, verdict.EngagedWhy)
			if want.site != "" {
				require.NotEmpty(t, verdict.Sites)
				assert.Equal(t, want.site, verdict.Sites[0].Function)
				assert.Greater(t, verdict.Sites[0].Share, 0.9)
			}
		})
	}
}
