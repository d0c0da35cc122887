// Package gate turns verdicts into results and results into an exit code.
//
// [Judge] holds the verdict of each variant against what its role promises: a broken
// one must be convicted of its declared cause at its declared site, a fixed one or a
// subject must not crash and must be acquitted, and an acquittal needs that what the
// scenario engages did happen. A broken variant that stays green is a failure: the detector is blind.
// The scenario's checks compare figures of runs with one another; all of them must hold.
// [ExitCode] then says the worst of all.
//
// The package is not an analysis: it reads no samples and doubts no verdict. Baselines
// are compared elsewhere.
package gate

import (
	"fmt"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// Judge fills in Result and Why of each variant and of the scenario. Several reports
// may be of the same variant: repeats. The scenario's result is the worst of them. The
// slice that was handed in stays as it is.
func Judge(scenario *harness.Scenario, variants []harness.VariantReport) harness.ScenarioReport {
	report := harness.ScenarioReport{Scenario: scenario, Variants: make([]harness.VariantReport, len(variants))}
	expectNothing := scenario != nil && scenario.Expect == harness.Inconclusive
	for i, variant := range variants {
		variant.Result, variant.Why = judge(variant, expectNothing)
		report.Variants[i] = variant
	}
	report.Result, report.Why = worst(report.Variants)
	report.Checks = checks(scenario, report.Variants)
	if check := worstCheck(report.Checks); severity[check.Result] > severity[report.Result] {
		report.Result, report.Why = check.Result, check.Why
	} else if len(report.Checks) > 0 && report.Result == harness.Pass {
		report.Why += ", and so did " + each(len(report.Checks), "its check", "all %d checks")
	}
	report.AsExpected = report.Result == harness.Pass
	if expectNothing && report.Result == harness.Inconclusive && allUndecided(report.Variants) && checksHold(report.Checks) {
		report.AsExpected = true
		report.Why = asExpected + strings.Replace(report.Why, asExpected, "", 1)
	}
	return report
}

const asExpected = "as expected: "

func judge(variant harness.VariantReport, expectNothing bool) (harness.Result, string) {
	v := variant.Verdict
	switch {
	case v == nil:
		return harness.Inconclusive, "there is no verdict"
	case v.Outcome == harness.OutcomeNeverReady:
		return harness.Inconclusive, "the program was never ready"
	case v.Outcome == harness.OutcomeInterrupted:
		return harness.Inconclusive, "the run was interrupted"
	case expectNothing:
		return judgeUndecided(v)
	case variant.Variant.Role == harness.RoleBroken:
		return judgeBroken(variant.Variant.Convict, v)
	}
	return judgeInnocent(v)
}

// judgeBroken: convicted as declared, or the build is red.
func judgeBroken(declared *harness.Conviction, v *harness.Verdict) (harness.Result, string) {
	switch {
	case !v.Convicted() && !v.Engaged:
		return harness.Fail, "the broken program was not convicted, and not tested either: " + v.EngagedWhy
	case !v.Convicted():
		return harness.Fail, "the broken program was not convicted"
	case declared == nil:
		return harness.Pass, fmt.Sprintf("convicted of %s", v.Cause)
	case v.Cause != declared.Cause:
		return harness.Fail, fmt.Sprintf("convicted of %s, declared is %s", v.Cause, declared.Cause)
	case declared.Site == "":
		return harness.Pass, fmt.Sprintf("convicted of %s, as declared", v.Cause)
	case len(v.Sites) == 0:
		return harness.Fail, fmt.Sprintf("convicted of %s, but no place was found; declared is %s", v.Cause, declared.Site)
	case !SameSite(v.Sites[0].Function, declared.Site):
		return harness.Fail, fmt.Sprintf("convicted of %s, but at %s; declared is %s", v.Cause, v.Sites[0].Function, declared.Site)
	}
	return harness.Pass, fmt.Sprintf("convicted of %s at %s, as declared", v.Cause, v.Sites[0].Function)
}

// judgeInnocent: fixed programs and subjects. One that crashed is not what its role
// promises, whatever its memory did; one that was ended did not show that it is sound.
func judgeInnocent(v *harness.Verdict) (harness.Result, string) {
	switch {
	case v.Convicted():
		return harness.Fail, "convicted of " + string(v.Cause)
	case v.Outcome == harness.OutcomeCrashed:
		return harness.Fail, "not convicted, but it crashed"
	case v.Outcome != harness.OutcomeCompleted:
		return harness.Inconclusive, "not convicted, but it ended " + string(v.Outcome)
	case !v.Engaged:
		return harness.Inconclusive, "not convicted, but not tested either: " + v.EngagedWhy
	}
	return harness.Pass, "acquitted"
}

// judgeUndecided: the scenario shows a test that cannot decide. Deciding is the failure.
func judgeUndecided(v *harness.Verdict) (harness.Result, string) {
	switch {
	case v.Convicted():
		return harness.Fail, "expected to be undecided, but convicted of " + string(v.Cause)
	case v.Engaged && v.Outcome == harness.OutcomeCompleted:
		return harness.Fail, "expected to be undecided, but acquitted: " + v.EngagedWhy
	case v.Outcome != harness.OutcomeCompleted:
		return harness.Inconclusive, "it ended " + string(v.Outcome)
	}
	return harness.Inconclusive, asExpected + v.EngagedWhy
}

// SameSite says whether a function is the declared one: its full name, or the end of
// it behind a dot, type arguments set aside.
func SameSite(function, declared string) bool {
	function, declared = withoutTypes(function), withoutTypes(declared)
	return declared != "" && (function == declared || strings.HasSuffix(function, "."+declared))
}

// withoutTypes drops what stands in brackets: main.(*queue[...]).Write.
func withoutTypes(name string) string {
	var kept strings.Builder
	depth := 0
	for _, r := range name {
		switch {
		case r == '[':
			depth++
		case r == ']' && depth > 0:
			depth--
		case depth == 0:
			kept.WriteRune(r)
		}
	}
	return kept.String()
}

// allUndecided: nothing else than what the scenario shows made it inconclusive.
func allUndecided(variants []harness.VariantReport) bool {
	for _, variant := range variants {
		if variant.Verdict == nil || variant.Verdict.Outcome != harness.OutcomeCompleted {
			return false
		}
	}
	return len(variants) > 0
}

// severity orders results; a legal result is never 0.
var severity = map[harness.Result]int{harness.Pass: 1, harness.Inconclusive: 2, harness.Fail: 3}

// worst is fail before inconclusive before pass, with the reason of the first such
// variant. No variant at all decides nothing.
func worst(variants []harness.VariantReport) (harness.Result, string) {
	result, why := harness.Inconclusive, "no variant was run"
	for i, variant := range variants {
		if i == 0 || severity[variant.Result] > severity[result] {
			result, why = variant.Result, variant.Variant.Name+": "+variant.Why
		}
	}
	if result == harness.Pass {
		why = each(len(variants), "the run came out as its role promises", "all %d runs came out as their roles promise")
	}
	return result, why
}

// each words a count, one being no plural.
func each(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}
