package gate

import (
	"fmt"
	"strconv"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
)

// checks judges the scenario's checks, once for each round of repeats: the first runs of
// both variants are compared, then the second ones. All rounds must hold.
func checks(scenario *harness.Scenario, variants []harness.VariantReport) []harness.CheckReport {
	if scenario == nil {
		return nil
	}
	var reports []harness.CheckReport
	for _, check := range scenario.Checks {
		of, over := runsOf(check.Of, variants), runsOf(check.Over, variants)
		rounds := max(len(of), len(over), 1)
		for round := range rounds {
			report := compare(check, of, over, round)
			if rounds > 1 {
				report.Round = round + 1
			}
			reports = append(reports, report)
		}
	}
	return reports
}

func runsOf(name string, variants []harness.VariantReport) (runs []harness.VariantReport) {
	for _, variant := range variants {
		if variant.Variant.Name == name {
			runs = append(runs, variant)
		}
	}
	return runs
}

// compare reads the figures of one round and holds them against the bounds.
func compare(check harness.Check, of, over []harness.VariantReport, round int) harness.CheckReport {
	report := harness.CheckReport{Check: check, Result: harness.Inconclusive}
	report.Of, report.Why = figure(check.Metric, check.Of, of, round)
	report.Value = report.Of
	if check.Over != "" {
		var missing string
		report.Over, missing = figure(check.Metric, check.Over, over, round)
		if report.Why == "" {
			report.Why = missing
		}
		report.Value = nil
		if report.Of != nil && report.Over != nil {
			report.Value, report.Why = ratio(check, *report.Of, *report.Over)
		}
	}
	if report.Value != nil {
		report.Result, report.Why = bounded(check, *report.Value)
	}
	return report
}

// figure is nil where it is not known; the text then says why.
func figure(name harness.Figure, variant string, runs []harness.VariantReport, round int) (*float64, string) {
	if round >= len(runs) {
		return nil, variant + " was not run"
	}
	run := runs[round]
	switch {
	case run.Verdict == nil || run.Run == nil:
		return nil, variant + " was not measured"
	case run.Verdict.Outcome == harness.OutcomeNeverReady, run.Verdict.Outcome == harness.OutcomeInterrupted:
		return nil, fmt.Sprintf("the run of %s ended %s", variant, run.Verdict.Outcome)
	}
	value, known := analysis.Figure(run.Run, name)
	if !known {
		return nil, fmt.Sprintf("%s of %s is not known: this engine or kernel did not count it, or the run was too short", name, variant)
	}
	return &value, ""
}

func ratio(check harness.Check, of, over float64) (*float64, string) {
	if over == 0 {
		return nil, fmt.Sprintf("%s of %s is 0, and nothing is a multiple of that", check.Metric, check.Over)
	}
	value := of / over
	return &value, ""
}

func bounded(check harness.Check, value float64) (harness.Result, string) {
	what := fmt.Sprintf("%s of %s is %s", check.Metric, check.Of, short(value))
	if check.Over != "" {
		what += " times that of " + check.Over
	}
	switch {
	case check.Min != nil && value < *check.Min:
		return harness.Fail, fmt.Sprintf("%s, and at least %s is wanted", what, short(*check.Min))
	case check.Max != nil && value > *check.Max:
		return harness.Fail, fmt.Sprintf("%s, and at most %s is wanted", what, short(*check.Max))
	}
	return harness.Pass, what + ", as wanted"
}

// short prints a number with four digits that count, and whole from there on.
func short(value float64) string {
	if value >= 1000 {
		return strconv.FormatFloat(value, 'f', 0, 64)
	}
	return strconv.FormatFloat(value, 'g', 4, 64)
}

// worstCheck is the first of the worst checks.
func worstCheck(reports []harness.CheckReport) (worst harness.CheckReport) {
	for _, report := range reports {
		if severity[report.Result] > severity[worst.Result] {
			worst = report
		}
	}
	return worst
}

func checksHold(reports []harness.CheckReport) bool {
	return len(reports) == 0 || worstCheck(reports).Result == harness.Pass
}
