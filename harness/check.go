package harness

// Check is a comparison that accuses nobody: a figure of one variant's run, or its ratio
// to that of another's, and the bounds that it must keep.
type Check struct {
	Metric Figure `json:"metric"`
	// Of and Over are names of variants. Without Over the figure itself is held against
	// the bounds.
	Of   string `json:"of"`
	Over string `json:"over,omitempty"`
	// Min and Max belong to what is allowed; one of them may be missing.
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
}

// Figure is the registered name of a number that tells of a whole run: base units, unit
// last. The zero of a run is the beginning of its load.
type Figure string

const (
	FigureDeliveredPerSecond  Figure = "delivered_bytes_per_second" // until the last byte arrived
	FigureRowsPerSecond       Figure = "rows_per_second"            // until the last row arrived
	FigureWriteCalls          Figure = "write_calls"                // see WriteCalls for what is in it
	FigureWriteCallsPerRow    Figure = "write_calls_per_row"
	FigureCPU                 Figure = "cpu_seconds"
	FigureSystemCPU           Figure = "system_cpu_seconds"
	FigureSystemCPUPerMillion Figure = "system_cpu_seconds_per_million_rows"
	FigurePeak                Figure = "peak_bytes"
	FigureDuration            Figure = "duration_seconds"
	FigureProbesFailed        Figure = "probes_failed_share" // 0 to 1
	FigureBacklog             Figure = "backlog_bytes"       // the highest
)

// Figures lists the legal names.
var Figures = []Figure{
	FigureDeliveredPerSecond, FigureRowsPerSecond, FigureWriteCalls, FigureWriteCallsPerRow, FigureCPU, FigureSystemCPU,
	FigureSystemCPUPerMillion, FigurePeak, FigureDuration, FigureProbesFailed, FigureBacklog,
}

// CheckReport is what came of a check.
type CheckReport struct {
	Check  Check
	Result Result
	// Why says it in a sentence with its numbers, or what is missing.
	Why string
	// Round is the number of the repeat, from 1, or 0 where each variant ran once.
	Round int
	// Of and Over are the figures of both runs, Value what was held against the bounds;
	// nil where they are not known.
	Of, Over, Value *float64
}
