package harness

// Claim is something that is said of a scenario's matter, and what would show it in a
// run: how it ends, that it is acquitted, or a check.
type Claim struct {
	// Said is the claim, as people say it.
	Said string `json:"said"`
	// Holds says whether it was found to hold.
	Holds bool `json:"holds"`
	// Of is the variant whose run decides.
	Of string `json:"of"`
	// Outcome or Acquitted is what the claim says of that run's verdict. Without either, the
	// metric and its bounds decide, as in a check.
	Outcome   Outcome  `json:"outcome,omitempty"`
	Acquitted bool     `json:"acquitted,omitempty"`
	Metric    Figure   `json:"metric,omitempty"`
	Over      string   `json:"over,omitempty"`
	Min       *float64 `json:"min,omitempty"`
	Max       *float64 `json:"max,omitempty"`
}

// Check is the claim's comparison; it means nothing where the verdict decides.
func (c Claim) Check() Check {
	return Check{Metric: c.Metric, Of: c.Of, Over: c.Over, Min: c.Min, Max: c.Max}
}
