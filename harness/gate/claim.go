package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

// ClaimReport is what came of a claim.
type ClaimReport struct {
	Claim harness.Claim
	// Measured says what was seen, in words; Known whether it could be seen at all.
	Measured string
	Known    bool
	// Holds is what the measurement says.
	Holds bool
}

// Claims holds a scenario's claims against its runs. Of repeated runs the first decides.
func Claims(scenario *harness.Scenario, variants []harness.VariantReport) []ClaimReport {
	reports := make([]ClaimReport, 0, len(scenario.Claims))
	for _, claim := range scenario.Claims {
		reports = append(reports, decide(claim, variants))
	}
	return reports
}

func decide(claim harness.Claim, variants []harness.VariantReport) ClaimReport {
	report := ClaimReport{Claim: claim}
	if claim.Metric != "" {
		check := compare(claim.Check(), runsOf(claim.Of, variants), runsOf(claim.Over, variants), 0)
		report.Known, report.Holds = check.Value != nil, check.Result == harness.Pass
		report.Measured = check.Why
		if report.Known {
			report.Measured = figuresOf(check)
		}
		return report
	}
	i := slices.IndexFunc(variants, func(v harness.VariantReport) bool { return v.Variant.Name == claim.Of })
	if i < 0 || variants[i].Verdict == nil {
		report.Measured = claim.Of + " was not run"
		return report
	}
	verdict := variants[i].Verdict
	report.Known = true
	report.Holds = verdict.Outcome == claim.Outcome || claim.Acquitted && !verdict.Convicted()
	took := time.Duration(verdict.DurationSeconds * float64(time.Second)).Round(100 * time.Millisecond)
	report.Measured = fmt.Sprintf("%s: %s after %s, %s, peak %s", claim.Of, verdict.Outcome, took, verdict.Cause, verdict.PeakBytes.Human())
	return report
}

// figuresOf tells both figures and their ratio.
func figuresOf(check harness.CheckReport) string {
	told := fmt.Sprintf("%s of %s: %s", check.Check.Metric, check.Check.Of, scaled(check.Check.Metric, *check.Of))
	if check.Over == nil {
		return told
	}
	return fmt.Sprintf("%s, of %s: %s, ratio %s", told, check.Check.Over, scaled(check.Check.Metric, *check.Over), short(*check.Value))
}

// scaled prints a figure for people.
func scaled(name harness.Figure, value float64) string {
	if strings.HasSuffix(string(name), "_bytes") {
		return harness.Bytes(value).Human()
	}
	return short(value)
}
