package reports

import (
	"encoding/json"
	"io"

	"github.com/highwater-dev/highwater/harness"
)

// DocumentVersion is the version of report.json. It grows when a field changes its
// meaning or goes away, not when one is added.
const DocumentVersion = 1

// Document is report.json. Units are in the names of its fields.
type Document struct {
	Version   int                `json:"version" jsonschema:"enum=1,description=version of this format"`
	Tool      string             `json:"tool" jsonschema:"description=name and version of what measured"`
	Engine    string             `json:"engine" jsonschema:"description=where the programs ran: docker or process"`
	Scenarios []DocumentScenario `json:"scenarios"`
}

// DocumentScenario is one scenario of a [Document].
type DocumentScenario struct {
	ID         string            `json:"id"`
	Title      string            `json:"title,omitempty"`
	Result     harness.Result    `json:"result"`
	Why        string            `json:"why,omitempty" jsonschema:"description=what the result rests on"`
	AsExpected bool              `json:"as_expected" jsonschema:"description=whether the exit code should be 0"`
	Variants   []DocumentVariant `json:"variants"`
	Checks     []DocumentCheck   `json:"checks"`
}

// DocumentCheck is the result of one declared comparison. Figures are in base units, and
// null where they are not known.
type DocumentCheck struct {
	Name      string         `json:"name"`
	Metric    harness.Figure `json:"metric"`
	Of        string         `json:"of" jsonschema:"description=name of the variant that is checked"`
	Over      string         `json:"over,omitempty" jsonschema:"description=name of the variant that it is compared with"`
	Round     int            `json:"round,omitempty" jsonschema:"description=number of the repeat; left out where each variant ran once"`
	Min       *float64       `json:"min,omitempty"`
	Max       *float64       `json:"max,omitempty"`
	OfValue   *float64       `json:"of_value"`
	OverValue *float64       `json:"over_value,omitempty"`
	Value     *float64       `json:"value" jsonschema:"description=what min and max bound: the figure or the ratio of both figures"`
	Result    harness.Result `json:"result"`
	Text      string         `json:"text,omitempty"`
}

// DocumentVariant is one run of a variant.
type DocumentVariant struct {
	Name       string          `json:"name"`
	Role       harness.Role    `json:"role"`
	Runtime    string          `json:"runtime" jsonschema:"description=go or node; empty where it is not known"`
	Result     harness.Result  `json:"result"`
	Why        string          `json:"why,omitempty"`
	Outcome    harness.Outcome `json:"outcome" jsonschema:"description=how the run ended"`
	Cause      harness.Cause   `json:"cause" jsonschema:"description=what the growth follows; none where the program is not blamed"`
	Site       string          `json:"site" jsonschema:"description=the guilty function; empty where none was found"`
	Sites      []DocumentSite  `json:"sites"`
	Sentence   string          `json:"sentence" jsonschema:"description=why, with numbers"`
	Confidence string          `json:"confidence,omitempty"`
	AtSeconds  float64         `json:"at_seconds" jsonschema:"description=the moment that decided, from the beginning of the load"`
	Phase      string          `json:"phase,omitempty"`

	Peak            int64   `json:"peak_bytes" jsonschema:"description=highest anonymous memory"`
	Limit           int64   `json:"limit_bytes"`
	Backlog         int64   `json:"backlog_bytes" jsonschema:"description=highest backlog: taken and not yet delivered"`
	BacklogRows     int64   `json:"backlog_rows"`
	Floor           int64   `json:"floor_bytes" jsonschema:"description=live heap after the last collection; 0 where it cannot be read"`
	DurationSeconds float64 `json:"duration_seconds"`
	OOMKilled       bool    `json:"oom_killed"`

	Stream *harness.FullStream `json:"stream,omitempty" jsonschema:"description=the fullest group of a script's streams; absent where none were listed"`

	Memory *DocumentMemory `json:"memory,omitempty" jsonschema:"description=where memory was at its peak; absent where the kernel's figures are not known"`

	RowsTaken      int64 `json:"rows_taken"`
	RowsDelivered  int64 `json:"rows_delivered"`
	RowsMissing    int64 `json:"rows_missing"`
	RowsDuplicated int64 `json:"rows_duplicated"`
	RowsReordered  int64 `json:"rows_reordered"`
	Delivered      int64 `json:"delivered_bytes"`

	SourcePressure float64 `json:"source_pressure" jsonschema:"description=share of time in which the source could not write"`
	SinkPressure   float64 `json:"sink_pressure" jsonschema:"description=share of time in which unread bytes waited for the sink"`

	GrowthBytesPerSecond    float64 `json:"growth_bytes_per_second"`
	TimeToDeathSeconds      float64 `json:"time_to_death_seconds"`
	TimeToDeathExtrapolated bool    `json:"time_to_death_extrapolated"`

	Engaged    bool     `json:"engaged"`
	EngagedWhy string   `json:"engaged_why,omitempty"`
	Run        string   `json:"run" jsonschema:"description=the run directory, relative to the report where it lies below it"`
	Warnings   []string `json:"warnings"`
}

// DocumentSite is a function that holds part of the growth.
type DocumentSite struct {
	Function string  `json:"function"`
	File     string  `json:"file"`
	Line     int64   `json:"line"`
	Bytes    int64   `json:"bytes"`
	Share    float64 `json:"share" jsonschema:"description=part of the positive growth, 0 to 1"`
}

// DocumentMemory says where memory was at its peak; its parts add up to the total.
type DocumentMemory struct {
	AtSeconds   float64              `json:"at_seconds" jsonschema:"description=the peak, or the moment nearest to it at which the runtime answered in time, from the beginning of the load"`
	Total       int64                `json:"total_bytes"`
	Counted     harness.Metric       `json:"counted" jsonschema:"description=the metric that the total is of"`
	SkewSeconds float64              `json:"skew_seconds" jsonschema:"description=longest time between the kernel's figures and the runtime's"`
	Moment      string               `json:"moment" jsonschema:"description=when this was, in words, and how near to the peak"`
	Parts       []DocumentMemoryPart `json:"parts"`
}

// DocumentMemoryPart is memory of one kind.
type DocumentMemoryPart struct {
	Kind  harness.MemoryKind `json:"kind"`
	Bytes int64              `json:"bytes" jsonschema:"description=negative for what is taken off"`
	Means string             `json:"means" jsonschema:"description=what it means for this run"`
}

// JSON writes the report as a [Document].
func JSON(w io.Writer, report *harness.Report) error { return renderer{}.json(w, report) }

func (r renderer) json(w io.Writer, report *harness.Report) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r.document(report))
}

func (r renderer) document(report *harness.Report) Document {
	doc := Document{Version: DocumentVersion, Tool: report.Tool, Engine: report.Engine, Scenarios: []DocumentScenario{}}
	for i := range report.Scenarios {
		s := &report.Scenarios[i]
		scenario := DocumentScenario{
			ID: scenarioOf(s).ID, Title: scenarioOf(s).Title, Result: s.Result, Why: s.Why, AsExpected: s.AsExpected,
			Variants: []DocumentVariant{}, Checks: documentChecks(s.Checks),
		}
		for j := range s.Variants {
			scenario.Variants = append(scenario.Variants, r.documentVariant(&s.Variants[j]))
		}
		doc.Scenarios = append(doc.Scenarios, scenario)
	}
	return doc
}

// documentVariant copies field by field: sizes are plain numbers in JSON, while a
// harness.Bytes writes itself with a unit.
func (r renderer) documentVariant(v *harness.VariantReport) DocumentVariant {
	verdict := verdictOf(v)
	return DocumentVariant{
		Name: v.Variant.Name, Role: role(v.Variant), Runtime: v.Variant.Runtime(), Result: v.Result, Why: v.Why,
		Outcome: verdict.Outcome, Cause: verdict.Cause, Site: guilty(verdict), Sites: documentSites(verdict.Sites),
		Sentence: verdict.Sentence, Confidence: verdict.Confidence, AtSeconds: verdict.AtSeconds, Phase: verdict.Phase,
		Peak: int64(verdict.PeakBytes), Limit: int64(verdict.LimitBytes), Backlog: int64(verdict.BacklogBytes),
		BacklogRows: verdict.BacklogRows, Floor: int64(verdict.FloorBytes), DurationSeconds: verdict.DurationSeconds,
		OOMKilled: verdict.OOMKilled, Stream: verdict.Stream, Memory: documentMemory(verdict.Memory), RowsTaken: verdict.RowsTaken, RowsDelivered: verdict.RowsDelivered,
		RowsMissing: verdict.RowsMissing, RowsDuplicated: verdict.RowsDuplicated, RowsReordered: verdict.RowsReordered,
		Delivered: int64(verdict.DeliveredBytes), SourcePressure: verdict.SourcePressure, SinkPressure: verdict.SinkPressure,
		GrowthBytesPerSecond: verdict.GrowthBytesPerSecond, TimeToDeathSeconds: verdict.TimeToDeathSeconds,
		TimeToDeathExtrapolated: verdict.TimeToDeathExtrapolated, Engaged: verdict.Engaged, EngagedWhy: verdict.EngagedWhy,
		Run: r.runPath(v.Run), Warnings: append([]string{}, verdict.Warnings...),
	}
}

func documentSites(sites []harness.Site) []DocumentSite {
	list := make([]DocumentSite, 0, len(sites))
	for _, site := range sites {
		list = append(list, DocumentSite{Function: site.Function, File: site.File, Line: site.Line, Bytes: int64(site.Bytes), Share: site.Share})
	}
	return list
}

func documentMemory(ledger *harness.MemoryLedger) *DocumentMemory {
	if ledger == nil {
		return nil
	}
	told := &DocumentMemory{
		AtSeconds: ledger.AtSeconds, Total: int64(ledger.TotalBytes), Counted: ledger.Counted, SkewSeconds: ledger.SkewSeconds,
		Moment: ledger.Moment, Parts: []DocumentMemoryPart{},
	}
	for _, part := range ledger.Parts {
		told.Parts = append(told.Parts, DocumentMemoryPart{Kind: part.Kind, Bytes: int64(part.Bytes), Means: part.Means})
	}
	return told
}

func documentChecks(checks []harness.CheckReport) []DocumentCheck {
	list := make([]DocumentCheck, 0, len(checks))
	for i, view := range checkViews(checks) {
		check := checks[i].Check
		list = append(list, DocumentCheck{
			Name: view.Name(), Metric: check.Metric, Of: check.Of, Over: check.Over, Round: checks[i].Round, Min: check.Min, Max: check.Max,
			OfValue: checks[i].Of, OverValue: checks[i].Over, Value: checks[i].Value, Result: checks[i].Result, Text: checks[i].Why,
		})
	}
	return list
}
