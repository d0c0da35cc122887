package gate

import "github.com/highwater-dev/highwater/harness"

// Exit codes, as the commands document them. 2 (usage) and 5 (no baseline) are no
// matter of verdicts.
const (
	ExitOK           = 0
	ExitFailed       = 1
	ExitBroken       = 3 // highwater, the engine or a service failed; a program never ready
	ExitInconclusive = 4
	ExitBaseline     = 5
	ExitInterrupted  = 130
)

// ExitCode is the exit code of a report: the worst of all its scenarios. A report
// without a scenario decided nothing.
func ExitCode(report *harness.Report) int {
	if report == nil || len(report.Scenarios) == 0 {
		return ExitInconclusive
	}
	codes := make([]int, 0, len(report.Scenarios))
	for i := range report.Scenarios {
		codes = append(codes, codeOf(&report.Scenarios[i]))
	}
	return Worst(codes...)
}

func codeOf(scenario *harness.ScenarioReport) int {
	codes := []int{ExitOK}
	for _, variant := range scenario.Variants {
		switch {
		case variant.Verdict == nil, variant.Verdict.Outcome == harness.OutcomeNeverReady:
			codes = append(codes, ExitBroken)
		case variant.Verdict.Outcome == harness.OutcomeInterrupted:
			codes = append(codes, ExitInterrupted)
		}
	}
	switch {
	case scenario.Result == harness.Fail:
		codes = append(codes, ExitFailed)
	case scenario.Result == harness.Inconclusive && !scenario.AsExpected:
		codes = append(codes, ExitInconclusive)
	case scenario.Result != harness.Pass && scenario.Result != harness.Inconclusive:
		codes = append(codes, ExitBroken) // not judged at all
	}
	return Worst(codes...)
}

// order is from the worst to the best. An interrupted run says nothing of any other
// code, so it comes first: the user ended it, and knows.
var order = []int{ExitInterrupted, ExitBroken, ExitFailed, ExitBaseline, ExitInconclusive, ExitOK}

// Worst is the exit code of several: 130, 3, 1, 5, 4, 0, in that order. A code outside
// this list (such as 2) comes before all.
func Worst(codes ...int) int {
	worst := len(order) - 1
	for _, code := range codes {
		rank := -1
		for i, known := range order {
			if known == code {
				rank = i
			}
		}
		if rank < 0 {
			return code
		}
		worst = min(worst, rank)
	}
	return order[worst]
}
