package harness

import "time"

// FormatVersion is the version of the run directory.
const FormatVersion = 1

// RunInfo is run.json: what was to happen, and where. It is written once, before the start.
type RunInfo struct {
	Format int    `json:"format"`
	ID     string `json:"id"`
	// Scenario is resolved for the engine and the variant; values of variables that
	// look like secrets are redacted.
	Scenario Scenario  `json:"scenario"`
	Variant  Variant   `json:"variant"`
	Started  time.Time `json:"started"`
	Engine   string    `json:"engine"`
	// Facts of tool, host, engine and program, for comparing runs and for bug reports.
	Facts map[string]string `json:"facts"`
}

// Sample is one line of samples.jsonl: what could be read at one moment.
type Sample struct {
	// Seconds since the run started.
	Seconds float64            `json:"t_seconds"`
	Values  map[Metric]float64 `json:"values"`
}

// Event is one line of events.jsonl.
type Event struct {
	Seconds float64   `json:"t_seconds"`
	Kind    EventKind `json:"kind"`
	// Phase is the phase that begins (phase), or in which something happened.
	Phase string `json:"phase,omitempty"`
	// Profile is the file under profiles/ (profile), ProfileKind what it counts:
	// ProfileHeap, ProfileGoroutine or ProfileGoroutineLeak.
	Profile     string `json:"profile,omitempty"`
	ProfileKind string `json:"profile_kind,omitempty"`
	// Exit is how the program ended (exit).
	Exit *Exit `json:"exit,omitempty"`
	// Text is for people.
	Text string `json:"text,omitempty"`
	// Values are numbers of the event, such as the live heap after the collection
	// that a profile asked for.
	Values map[Metric]float64 `json:"values,omitempty"`
	// Targets counts descriptors by what they point to (descriptors). Digits are
	// replaced by N, so that files which are alike count together.
	Targets map[string]int `json:"targets,omitempty"`
	// Streams are the program's streams, those that are alike together (streams).
	Streams []StreamGroup `json:"streams,omitempty"`
}

// OtherTargets stands in Targets for all that have no entry of their own.
const OtherTargets = "(others)"

// Kinds of profiles.
const (
	ProfileHeap      = "heap"
	ProfileGoroutine = "goroutine"
	// ProfileGoroutineLeak counts goroutines that wait for what nobody can reach any
	// more, so that nothing will ever wake them.
	ProfileGoroutineLeak = "goroutineleak"
)

// EventKind says what happened.
type EventKind string

const (
	EventService     EventKind = "service"     // a service is there; the text says what it is
	EventRuntime     EventKind = "runtime"     // what runs the program told its version
	EventReady       EventKind = "ready"       // the program is connected, or listens
	EventLoad        EventKind = "load"        // the peer was told to begin: the zero of all charts
	EventPhase       EventKind = "phase"       // a phase begins
	EventProfile     EventKind = "profile"     // a profile was written
	EventDescriptors EventKind = "descriptors" // what the program holds open was listed
	EventStreams     EventKind = "streams"     // the program's streams were listed
	EventDrained     EventKind = "drained"     // the source ended and everything taken was delivered
	EventOOM         EventKind = "oom"         // the engine reported an OOM kill
	EventLimit       EventKind = "limit"       // the process engine's watcher killed at the limit
	EventFrozen      EventKind = "frozen"      // at the limit and nothing moving: highwater ended it
	EventStalled     EventKind = "stalled"     // alive, nothing moving: highwater ended it
	EventStop        EventKind = "stop"        // highwater ends the program: all phases are over
	EventTimeout     EventKind = "timeout"     // the scenario's timeout ended the run
	EventNeverReady  EventKind = "never-ready" // not connected or listening in time, or exited before
	EventInterrupted EventKind = "interrupted" // the user ended the run
	EventExit        EventKind = "exit"        // the program ended
	EventWarning     EventKind = "warning"
)

// Exit is how a program ended. What the engine says and what the kernel counted are
// kept apart: an orchestrator's word is not the kernel's.
type Exit struct {
	Code   int    `json:"code"`
	Signal string `json:"signal,omitempty"`
	// By is who ended it: "program", "kernel", "watcher", "highwater", or "nobody".
	By string `json:"by"`
	// OOMKilled is the engine's word.
	OOMKilled bool `json:"oom_killed"`
}

// CodeUnknown is the exit code of a program whose end was seen, and not how: only a
// parent is told.
const CodeUnknown = -1

// Who ended a program.
const (
	ByProgram   = "program"
	ByKernel    = "kernel"
	ByWatcher   = "watcher"
	ByHighwater = "highwater"
	ByNobody    = "nobody" // it still runs: highwater only watched it, and let it go
)
