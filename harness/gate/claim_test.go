package gate_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/gate"
)

func TestClaimsAreDecidedByTheirRuns(t *testing.T) {
	scenario := &harness.Scenario{ID: "test", Claims: []harness.Claim{
		{Said: "it survives", Of: "go/broken", Outcome: harness.OutcomeCompleted},
		{Said: "it dies", Of: "go/broken", Outcome: harness.OutcomeOOMKilled},
		{Said: "it is sound", Of: "go/broken", Acquitted: true},
		{Said: "the fix is sound", Of: "go/fixed", Acquitted: true},
		{Said: "nobody ran it", Of: "go/other", Acquitted: true},
		{Said: "its figures were not kept", Of: "go/fixed", Metric: harness.FigurePeak},
	}}
	runs := []harness.VariantReport{
		{Variant: harness.Variant{Name: "go/broken"}, Verdict: &harness.Verdict{
			Outcome: harness.OutcomeOOMKilled, Cause: harness.CauseUnboundedBuffer, DurationSeconds: 4.123, PeakBytes: 250 * harness.MiB}},
		{Variant: harness.Variant{Name: "go/fixed"}, Verdict: &harness.Verdict{Outcome: harness.OutcomeCompleted, Cause: harness.CauseNone}},
	}
	reports := gate.Claims(scenario, runs)
	var holds, known []bool
	for _, one := range reports {
		holds, known = append(holds, one.Holds), append(known, one.Known)
	}
	assert.Equal(t, []bool{false, true, false, true, false, false}, holds)
	assert.Equal(t, []bool{true, true, true, true, false, false}, known)
	assert.Equal(t, "go/broken: oom-killed after 4.1s, unbounded-buffer, peak 250 MiB", reports[0].Measured)
	assert.Equal(t, "go/other was not run", reports[4].Measured)
	assert.Equal(t, "go/fixed was not measured", reports[5].Measured)
}
