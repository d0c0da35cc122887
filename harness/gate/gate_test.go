package gate_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/gate"
)

func verdict(cause harness.Cause, site string) *harness.Verdict {
	v := &harness.Verdict{Outcome: harness.OutcomeCompleted, Cause: cause, Engaged: true, EngagedWhy: "it pushed back", Sentence: "So it is."}
	if site != "" {
		v.Sites = []harness.Site{{Function: site}}
	}
	return v
}

func with(v *harness.Verdict, change func(*harness.Verdict)) *harness.Verdict {
	change(v)
	return v
}

func idle(v *harness.Verdict) { v.Engaged, v.EngagedWhy = false, "nothing pushed back" }

func TestJudge(t *testing.T) {
	declared := &harness.Conviction{Cause: harness.CauseUnboundedBuffer, Site: "(*queue).Write"}
	ended := func(o harness.Outcome) func(*harness.Verdict) { return func(v *harness.Verdict) { v.Outcome = o } }
	for _, c := range []struct {
		name    string
		role    harness.Role
		convict *harness.Conviction
		expect  harness.Result
		verdict *harness.Verdict
		want    harness.Result
		as      bool
		exit    int
	}{
		{"broken, as declared", harness.RoleBroken, declared, "", verdict(harness.CauseUnboundedBuffer, "main.(*queue).Write"), harness.Pass, true, 0},
		{"broken, as declared, although nothing engaged", harness.RoleBroken, declared, "", with(verdict(harness.CauseUnboundedBuffer, "main.(*queue).Write"), idle), harness.Pass, true, 0},
		{"broken, at another place", harness.RoleBroken, declared, "", verdict(harness.CauseUnboundedBuffer, "main.main"), harness.Fail, false, 1},
		{"broken, at no place", harness.RoleBroken, declared, "", verdict(harness.CauseUnboundedBuffer, ""), harness.Fail, false, 1},
		{"broken, of another cause", harness.RoleBroken, declared, "", verdict(harness.CauseUnknown, "main.(*queue).Write"), harness.Fail, false, 1},
		{"broken, no place declared", harness.RoleBroken, &harness.Conviction{Cause: harness.CauseLostData}, "", verdict(harness.CauseLostData, ""), harness.Pass, true, 0},
		{"broken and green", harness.RoleBroken, declared, "", verdict(harness.CauseNone, ""), harness.Fail, false, 1},
		{"broken and green, nothing engaged", harness.RoleBroken, declared, "", with(verdict(harness.CauseNone, ""), idle), harness.Fail, false, 1},
		{"fixed, acquitted", harness.RoleFixed, nil, "", verdict(harness.CauseNone, ""), harness.Pass, true, 0},
		{"fixed, convicted", harness.RoleFixed, nil, "", verdict(harness.CauseSlowLeak, ""), harness.Fail, false, 1},
		{"fixed, not engaged", harness.RoleFixed, nil, "", with(verdict(harness.CauseNone, ""), idle), harness.Inconclusive, false, 4},
		{"fixed, crashed", harness.RoleFixed, nil, "", with(verdict(harness.CauseNone, ""), ended(harness.OutcomeCrashed)), harness.Fail, false, 1},
		{"fixed, stalled", harness.RoleFixed, nil, "", with(verdict(harness.CauseNone, ""), ended(harness.OutcomeStalled)), harness.Inconclusive, false, 4},
		{"subject, convicted", harness.RoleSubject, nil, "", verdict(harness.CauseUnknown, ""), harness.Fail, false, 1},
		{"no role is a subject", "", nil, "", verdict(harness.CauseNone, ""), harness.Pass, true, 0},
		{"never ready", harness.RoleFixed, nil, "", with(verdict(harness.CauseNone, ""), ended(harness.OutcomeNeverReady)), harness.Inconclusive, false, 3},
		{"interrupted", harness.RoleFixed, nil, "", with(verdict(harness.CauseNone, ""), ended(harness.OutcomeInterrupted)), harness.Inconclusive, false, 130},
		{"no verdict", harness.RoleFixed, nil, "", nil, harness.Inconclusive, false, 3},
		{"undecided, as expected", harness.RoleBroken, declared, harness.Inconclusive, with(verdict(harness.CauseNone, ""), idle), harness.Inconclusive, true, 0},
		{"undecided was expected, convicted", harness.RoleBroken, declared, harness.Inconclusive, verdict(harness.CauseUnboundedBuffer, ""), harness.Fail, false, 1},
		{"undecided was expected, acquitted", harness.RoleBroken, declared, harness.Inconclusive, verdict(harness.CauseNone, ""), harness.Fail, false, 1},
		{"undecided was expected, crashed", harness.RoleBroken, declared, harness.Inconclusive, with(verdict(harness.CauseNone, ""), func(v *harness.Verdict) { idle(v); v.Outcome = harness.OutcomeCrashed }), harness.Inconclusive, false, 4},
		{"undecided was expected, never ready", harness.RoleBroken, declared, harness.Inconclusive, with(verdict(harness.CauseNone, ""), ended(harness.OutcomeNeverReady)), harness.Inconclusive, false, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			given := []harness.VariantReport{{Variant: harness.Variant{Name: "v", Role: c.role, Convict: c.convict}, Verdict: c.verdict}}
			report := gate.Judge(&harness.Scenario{Expect: c.expect}, given)
			assert.Equal(t, c.want, report.Result, report.Why)
			assert.Equal(t, c.want, report.Variants[0].Result)
			assert.NotEmpty(t, report.Variants[0].Why)
			assert.Equal(t, c.as, report.AsExpected)
			assert.Equal(t, c.exit, gate.ExitCode(&harness.Report{Scenarios: []harness.ScenarioReport{report}}))
			assert.Empty(t, given[0].Result, "the argument stays as it is")
		})
	}
}

func TestExpectedIsSaid(t *testing.T) {
	v := with(verdict(harness.CauseNone, ""), idle)
	report := gate.Judge(&harness.Scenario{Expect: harness.Inconclusive}, []harness.VariantReport{{Verdict: v}})
	assert.Regexp(t, "^as expected: ", report.Why)
	assert.Regexp(t, "^as expected: ", report.Variants[0].Why)
}

func TestRepeatsTakeTheWorst(t *testing.T) {
	good, unsure := verdict(harness.CauseNone, ""), with(verdict(harness.CauseNone, ""), idle)
	bad := verdict(harness.CauseUnknown, "")
	run := func(v *harness.Verdict) harness.VariantReport {
		return harness.VariantReport{Variant: harness.Variant{Name: "v", Role: harness.RoleFixed}, Verdict: v}
	}
	for _, c := range []struct {
		runs []harness.VariantReport
		want harness.Result
	}{
		{[]harness.VariantReport{run(good), run(good)}, harness.Pass},
		{[]harness.VariantReport{run(good), run(unsure), run(good)}, harness.Inconclusive},
		{[]harness.VariantReport{run(unsure), run(bad), run(good)}, harness.Fail},
		{nil, harness.Inconclusive},
	} {
		assert.Equal(t, c.want, gate.Judge(&harness.Scenario{}, c.runs).Result)
	}
}

func TestOneRunIsNoPlural(t *testing.T) {
	run := harness.VariantReport{Variant: harness.Variant{Name: "v"}, Verdict: verdict(harness.CauseNone, "")}
	assert.Equal(t, "the run came out as its role promises", gate.Judge(&harness.Scenario{}, []harness.VariantReport{run}).Why)
	assert.Equal(t, "all 2 runs came out as their roles promise", gate.Judge(&harness.Scenario{}, []harness.VariantReport{run, run}).Why)
}

func TestSameSite(t *testing.T) {
	for _, c := range []struct {
		function, declared string
		want               bool
	}{
		{"main.(*queue).Write", "(*queue).Write", true},
		{"main.(*queue).Write", "main.(*queue).Write", true},
		{"main.(*queue[...]).Write", "(*queue).Write", true},
		{"main.(*queue[go.shape.int]).Write", "(*queue[T]).Write", true},
		{"github.com/us/shop.export.func1", "export.func1", true},
		{"exportBroken", "exportBroken", true},
		{"main.export", "port", false},
		{"main.(*otherqueue).Write", "queue).Write", false},
		{"main.export", "", false},
	} {
		assert.Equal(t, c.want, gate.SameSite(c.function, c.declared), "%s %s", c.function, c.declared)
	}
}

func TestWorst(t *testing.T) {
	for _, c := range []struct {
		codes []int
		want  int
	}{
		{nil, 0}, {[]int{0, 4}, 4}, {[]int{4, 5}, 5}, {[]int{5, 1}, 1}, {[]int{1, 3, 4}, 3}, {[]int{3, 130}, 130}, {[]int{0, 2, 1}, 2},
	} {
		assert.Equal(t, c.want, gate.Worst(c.codes...), c.codes)
	}
	assert.Equal(t, gate.ExitInconclusive, gate.ExitCode(&harness.Report{}))
	assert.Equal(t, gate.ExitInconclusive, gate.ExitCode(nil))
	assert.Equal(t, gate.ExitBroken, gate.ExitCode(&harness.Report{Scenarios: []harness.ScenarioReport{{}}}), "never judged")
}
