package reports

import (
	"fmt"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// verdictOf is the verdict of a run; one that was never judged is empty, so that
// renderers need not ask.
func verdictOf(v *harness.VariantReport) harness.Verdict {
	if v.Verdict == nil {
		return harness.Verdict{Cause: harness.CauseNone}
	}
	return *v.Verdict
}

// labels names the runs of a scenario: the variant's name, with its number where the
// variant ran more than once.
func labels(variants []harness.VariantReport) []string {
	runs := make(map[string]int)
	for _, v := range variants {
		runs[v.Variant.Name]++
	}
	names, seen := make([]string, len(variants)), make(map[string]int)
	for i, v := range variants {
		name := v.Variant.Name
		seen[name]++
		names[i] = name
		if runs[name] > 1 {
			names[i] = fmt.Sprintf("%s #%d", name, seen[name])
		}
	}
	return names
}

// role is the variant's role; subject is the default.
func role(v harness.Variant) harness.Role {
	if v.Role == "" {
		return harness.RoleSubject
	}
	return v.Role
}

// judged says in words what a result means for a role: a broken program that was
// convicted has passed, which nobody reads out of "pass".
func judged(v *harness.VariantReport) string {
	broken := role(v.Variant) == harness.RoleBroken
	switch {
	case v.Result == harness.Inconclusive:
		return "inconclusive"
	case v.Result == harness.Pass && broken:
		return "convicted, as declared"
	case v.Result == harness.Pass:
		return "acquitted"
	case v.Result == harness.Fail && broken && convicted(v):
		return "convicted, but not as declared"
	case v.Result == harness.Fail && broken:
		return "not convicted"
	case v.Result == harness.Fail && convicted(v):
		return "convicted"
	}
	return string(v.Result)
}

func convicted(v *harness.VariantReport) bool {
	return v.Verdict != nil && v.Verdict.Convicted()
}

// guilty is the name of the guilty function, empty where none was found.
func guilty(v harness.Verdict) string {
	if len(v.Sites) == 0 {
		return ""
	}
	return v.Sites[0].Function
}

// ended says how long a run took to its end: for one that died, to its death.
func ended(v harness.Verdict) float64 {
	if v.Outcome.Died() && v.TimeToDeathSeconds > 0 && !v.TimeToDeathExtrapolated {
		return v.TimeToDeathSeconds
	}
	return v.DurationSeconds
}

// sentence is why the verdict is what it is; where it has none, the gate's reason.
func sentence(v *harness.VariantReport) string {
	if text := verdictOf(v).Sentence; text != "" {
		return text
	}
	return v.Why
}

// extra is what the gate's reason adds to the sentence; empty where it only repeats it.
func extra(v *harness.VariantReport) string {
	why, said := strings.TrimSuffix(v.Why, "."), sentence(v)
	if strings.Contains(said, why) || strings.Contains(v.Why, said) {
		return ""
	}
	return v.Why
}

// scenarioOf is the scenario of a report; a missing one is empty.
func scenarioOf(s *harness.ScenarioReport) harness.Scenario {
	if s.Scenario == nil {
		return harness.Scenario{}
	}
	return *s.Scenario
}

// sourceless says whether a run had no source of highwater's: then nothing is known of
// rows and of a backlog, and 0 would be a measurement.
func sourceless(v *harness.VariantReport) bool {
	return v.Run != nil && v.Run.Info.Scenario.Source == nil && verdictOf(v).RowsTaken == 0
}

// unknown stands for a figure that nobody could count.
const unknown = "–"

// backlogOf is the highest backlog, where there can be one.
func backlogOf(v *harness.VariantReport) string {
	if sourceless(v) {
		return unknown
	}
	return size(verdictOf(v).BacklogBytes)
}

// deliveredOf is how much arrived: in rows, where they are known.
func deliveredOf(v *harness.VariantReport) string {
	if sourceless(v) {
		return size(verdictOf(v).DeliveredBytes)
	}
	return count(verdictOf(v).RowsDelivered)
}

// ofLimit is the peak's share of the limit, where there is one.
func ofLimit(v harness.Verdict) string {
	if v.LimitBytes <= 0 {
		return "no limit"
	}
	return percent(ratio(float64(v.PeakBytes), float64(v.LimitBytes)))
}
