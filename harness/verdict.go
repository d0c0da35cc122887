package harness

// Outcome is how a run ended.
type Outcome string

const (
	OutcomeOOMKilled     Outcome = "oom-killed"      // the kernel killed it at its limit
	OutcomeHeapExhausted Outcome = "heap-exhausted"  // the runtime gave up first
	OutcomeFrozen        Outcome = "frozen-at-limit" // at the limit, nothing moving; highwater ended it
	OutcomeLimitExceeded Outcome = "limit-exceeded"  // killed by the process engine's watcher
	OutcomeCompleted     Outcome = "completed"
	OutcomeStalled       Outcome = "stalled" // alive, sink hungry, nothing moving
	OutcomeCrashed       Outcome = "crashed"
	OutcomeNeverReady    Outcome = "never-ready"
	OutcomeInterrupted   Outcome = "interrupted"
)

// Died says whether memory ended the run.
func (o Outcome) Died() bool {
	switch o {
	case OutcomeOOMKilled, OutcomeHeapExhausted, OutcomeFrozen, OutcomeLimitExceeded:
		return true
	}
	return false
}

// Cause is why memory, or another resource, grew: what the growth follows.
type Cause string

const (
	CauseLostData          Cause = "lost-data"
	CausePoolStarvation    Cause = "pool-starvation"
	CauseWholePayload      Cause = "whole-payload"
	CauseRetained          Cause = "retained-after-disconnect"
	CauseStalledConsumer   Cause = "stalled-consumer"
	CauseLeakedDescriptors Cause = "leaked-descriptors"
	CauseLeakedGoroutines  Cause = "leaked-goroutines"
	CauseUnboundedBuffer   Cause = "unbounded-buffer"
	CauseOversizedBuffer   Cause = "oversized-buffer"
	CauseSlowLeak          Cause = "slow-leak"
	CauseUnknown           Cause = "unknown"
	CauseNone              Cause = "none"
)

// Outcomes lists the legal outcomes.
var Outcomes = []Outcome{
	OutcomeOOMKilled, OutcomeHeapExhausted, OutcomeFrozen, OutcomeLimitExceeded, OutcomeCompleted,
	OutcomeStalled, OutcomeCrashed, OutcomeNeverReady, OutcomeInterrupted,
}

// Causes lists the legal causes in the order of the decision table.
var Causes = []Cause{
	CauseLostData, CausePoolStarvation, CauseWholePayload, CauseRetained, CauseStalledConsumer,
	CauseLeakedDescriptors, CauseLeakedGoroutines, CauseUnboundedBuffer, CauseOversizedBuffer,
	CauseSlowLeak, CauseUnknown, CauseNone,
}

// Verdict is what the analysis says of a run.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	Cause   Cause   `json:"cause"`

	// Sentence says why, with its numbers.
	Sentence string `json:"sentence"`

	// Sites are the functions that hold the growth, the guilty one first; at most three.
	// Empty where no profile was taken or nothing grew.
	Sites []Site `json:"sites,omitempty"`

	// Stream is the fullest group of a script's streams; nil where none were listed.
	Stream *FullStream `json:"stream,omitempty"`

	// AtSeconds is the moment that decided, from the beginning of the load; Phase is
	// the phase it lies in.
	AtSeconds float64 `json:"at_seconds"`
	Phase     string  `json:"phase,omitempty"`

	// PeakBytes is the highest anonymous memory seen, FloorBytes the live heap right
	// after the last collection that was asked for (0 where the heap cannot be read).
	PeakBytes  Bytes `json:"peak_bytes"`
	FloorBytes Bytes `json:"floor_bytes"`
	// LimitBytes is the memory limit that applied.
	LimitBytes Bytes `json:"limit_bytes"`

	// Memory says where memory was at its peak; nil where the kernel's figures are not
	// known.
	Memory *MemoryLedger `json:"memory,omitempty"`

	// BacklogBytes and BacklogRows are the highest backlog seen.
	BacklogBytes Bytes `json:"backlog_bytes"`
	BacklogRows  int64 `json:"backlog_rows"`

	// DurationSeconds runs from the beginning of the load to the end of the run.
	DurationSeconds float64 `json:"duration_seconds"`
	OOMKilled       bool    `json:"oom_killed"`

	RowsTaken      int64 `json:"rows_taken"`
	RowsDelivered  int64 `json:"rows_delivered"` // distinct rows
	RowsMissing    int64 `json:"rows_missing"`   // 0 until the program ended well
	RowsDuplicated int64 `json:"rows_duplicated"`
	RowsReordered  int64 `json:"rows_reordered"`
	DeliveredBytes Bytes `json:"delivered_bytes"`

	// SinkPressure and SourcePressure are the shares of time, 0 to 1, in which the
	// sink left unread bytes in its receive queue, and in which the source could not
	// write; both while the sink was slow.
	SinkPressure   float64 `json:"sink_pressure"`
	SourcePressure float64 `json:"source_pressure"`

	// GrowthBytesPerSecond is the slope of memory while it grew. TimeToDeathSeconds
	// is measured when the program died, else extrapolated from the slope; 0 where
	// memory did not grow.
	GrowthBytesPerSecond    float64 `json:"growth_bytes_per_second"`
	TimeToDeathSeconds      float64 `json:"time_to_death_seconds"`
	TimeToDeathExtrapolated bool    `json:"time_to_death_extrapolated,omitempty"`

	// Engaged says whether what the scenario engages happened; EngagedWhy with which numbers.
	Engaged    bool   `json:"engaged"`
	EngagedWhy string `json:"engaged_why"`

	// Confidence is high, medium or low; the sentence of a low one says what is missing.
	Confidence string   `json:"confidence"`
	Warnings   []string `json:"warnings,omitempty"`
}

// Convicted says whether the verdict blames the program.
func (v *Verdict) Convicted() bool { return v.Cause != CauseNone && v.Cause != "" }

// Site is a function that holds part of the growth.
type Site struct {
	// Function is the full name, such as main.(*queue).Write.
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int64  `json:"line"`
	Bytes    Bytes  `json:"bytes"`
	// Share is this function's cumulative part of the positive growth, 0 to 1.
	Share float64 `json:"share"`
}

// Result is what the gate makes of a verdict.
type Result string

const (
	Pass         Result = "pass"
	Fail         Result = "fail"
	Inconclusive Result = "inconclusive"
)

// Report is what was run and what came of it: the gate fills in the results,
// renderers only read it.
type Report struct {
	Tool      string // name and version
	Engine    string
	Scenarios []ScenarioReport
}

// ScenarioReport is one scenario of a report.
type ScenarioReport struct {
	Scenario *Scenario
	Result   Result
	// Why says what the result rests on.
	Why string
	// AsExpected is true when the exit code should be 0.
	AsExpected bool
	Variants   []VariantReport
	// Checks are the results of the scenario's checks, for each round of repeats.
	Checks []CheckReport
}

// VariantReport is one run of a variant.
type VariantReport struct {
	Variant Variant
	Result  Result
	Why     string
	Verdict *Verdict
	// Run is the recording that the verdict was drawn from.
	Run *Recording
}
