package harness

import (
	"path/filepath"
	"strings"
)

// Scenario is one failure mode, as scenario.yaml tells it. All rates and row counts
// are per connection. The json tags are the keys of the file.
type Scenario struct {
	Version int    `json:"version" jsonschema:"enum=1,description=version of this format"`
	ID      string `json:"id" jsonschema:"description=name of the scenario: lower-case letters digits and dashes"`
	Title   string `json:"title,omitempty" jsonschema:"description=one sentence for lists and reports"`

	// Source is what the program reads. Without one there is no backlog, and the
	// verdict rests on memory.
	Source *Source `json:"source,omitempty"`
	Sink   Sink    `json:"sink"`
	// Probes ask the program for its health while it works (sink kinds http-client and
	// tcp-client, where it listens).
	Probes *Probes `json:"probes,omitempty"`
	// Services are what the program needs beside its two ends, started in this order.
	Services []Service `json:"services,omitempty"`
	Limits   Limits    `json:"limits"`

	// Bound is how much an innocent program of this scenario may hold, whatever the
	// load: its own buffers and what lies in kernel buffers on the way.
	Bound Bytes `json:"bound,omitempty"`

	// Engages says what has to happen before a run can acquit.
	Engages Engagement `json:"engages,omitempty"`

	// Expect is the result that makes the exit code 0 although nothing was decided:
	// empty, or "inconclusive".
	Expect Result `json:"expect,omitempty" jsonschema:"enum=inconclusive"`

	// Ready bounds the time from start until the program is connected or listening.
	Ready Duration `json:"ready,omitempty"`

	// Timeout bounds the run from the beginning of the load.
	Timeout Duration `json:"timeout,omitempty"`

	// Alone keeps other runs from going on beside one of these: they measure speed, or
	// need most of the machine.
	Alone bool `json:"alone,omitempty"`

	// Engine overrides parameters that make sense in one engine only.
	Engine map[string]*Override `json:"engine,omitempty"`

	// Runtime overrides, on top of that, what programs of one runtime need otherwise.
	Runtime map[string]*RuntimeOverride `json:"runtime,omitempty"`

	Variants []Variant `json:"variants"`

	// Checks compare runs with one another. They accuse nobody, and all must hold.
	Checks []Check `json:"checks,omitempty"`

	// Claims are what is said of the matter, and whether it was found to hold. They judge no
	// run: highwater claims holds them against recorded ones.
	Claims []Claim `json:"claims,omitempty"`

	// Dir is the folder of the file, absolute. It is not part of the format.
	Dir string `json:"-"`
}

// Override replaces what it sets and keeps the rest.
type Override struct {
	Source  *Source  `json:"source,omitempty"`
	Sink    *Sink    `json:"sink,omitempty"`
	Limits  *Limits  `json:"limits,omitempty"`
	Bound   Bytes    `json:"bound,omitempty"`
	Timeout Duration `json:"timeout,omitempty"`
}

// RuntimeOverride replaces what it sets for the programs of one runtime.
type RuntimeOverride struct {
	Override
	// Engine overrides, on top of that, parameters that make sense in one engine only.
	Engine map[string]*Override `json:"engine,omitempty"`
}

// Source is what the peer offers to every connection of the program: rows, a line each.
type Source struct {
	Rows int64   `json:"rows,omitempty" jsonschema:"description=rows of each connection"`
	Row  RowSize `json:"row,omitempty"`
	// Rate is the pace per connection; unlimited is as fast as the program reads.
	Rate Rate `json:"rate,omitempty"`
	// Seed decides lengths and contents of rows.
	Seed uint64 `json:"seed,omitempty"`
}

// Sink is where the program delivers.
type Sink struct {
	Kind SinkKind `json:"kind,omitempty"`
	// Clients is how many begin at once with the load (http-client, tcp-client). With
	// arrivals in a phase, more come later.
	Clients int `json:"clients,omitempty"`
	// Repeat lets a client whose connection has ended, however, begin again: so many
	// are there as long as the phases last.
	Repeat bool `json:"repeat,omitempty"`
	// Path is what the clients get (http-client).
	Path string `json:"path,omitempty"`
	// Opening is the text that each client sends before it reads (tcp-client).
	Opening string `json:"opening,omitempty"`
	// ReceiveBuffer is the size of each connection's receive buffer (SO_RCVBUF).
	ReceiveBuffer Bytes   `json:"receive-buffer,omitempty"`
	Phases        []Phase `json:"phases,omitempty"`
}

// SinkKind is the protocol of the sink, and who calls whom.
type SinkKind string

const (
	SinkTCP        SinkKind = "tcp"         // the program connects and writes
	SinkHTTP       SinkKind = "http"        // the program sends requests, and their bodies are what it delivers
	SinkHTTPClient SinkKind = "http-client" // the peer comes and downloads
	SinkTCPClient  SinkKind = "tcp-client"  // the peer comes, says its opening text, and reads
)

// SinkKinds lists the legal kinds.
var SinkKinds = []SinkKind{SinkTCP, SinkHTTP, SinkHTTPClient, SinkTCPClient}

// Comes says whether the peer connects to the program, rather than the program to it.
func (k SinkKind) Comes() bool { return k == SinkHTTPClient || k == SinkTCPClient }

// Phase is a stretch of a run with one behaviour of the peer. It lasts For, or until
// what Until names has happened.
type Phase struct {
	Name string   `json:"name"`
	For  Duration `json:"for,omitempty"`
	// Until is "drained": the source has ended and everything taken was delivered,
	// or the program has exited.
	Until string `json:"until,omitempty" jsonschema:"enum=drained"`

	// Behaviour is how sink connections behave, those that Some picks aside.
	Behaviour

	// Some gives a share of the connections a behaviour of their own instead. Which
	// connections, the seed decides; the shares are parts of all, and the rest
	// behaves as the phase says.
	Some []Some `json:"some,omitempty"`

	// Arrivals is how many further clients come each second of the phase (http-client,
	// tcp-client).
	Arrivals float64 `json:"arrivals,omitempty"`
	// Leave has all connections leave in order, and none comes again (http-client,
	// tcp-client).
	Leave bool `json:"leave,omitempty"`
	// SourceRate replaces the source's rate in this phase.
	SourceRate *Rate `json:"source-rate,omitempty"`
}

// Behaviour is how a sink connection behaves in a phase. Its keys combine freely: each
// narrows what the ones before it allow. Counts of bytes are over the connection's whole
// life, headers of HTTP included, so that they mean the same in every phase.
type Behaviour struct {
	// Rate is how fast each sink connection reads.
	Rate Rate `json:"rate,omitempty"`
	// StopReading leaves everything in the receive queue: the window closes, nothing
	// is dropped.
	StopReading bool `json:"stop-reading,omitempty"`
	// StallAfter reads so many bytes, and then no more.
	StallAfter Bytes `json:"stall-after,omitempty"`
	// Latency is waited before each read, more or less by up to Jitter.
	Latency Duration `json:"latency,omitempty"`
	Jitter  Duration `json:"jitter,omitempty"`
	// Trickle reads few bytes at a time, with a pause between.
	Trickle *Trickle `json:"trickle,omitempty"`
	// HalfCloseAfter closes the peer's sending side once so many bytes were read, and
	// reads on: the program sees the end of its input, not of its output.
	HalfCloseAfter Bytes `json:"half-close-after,omitempty"`
	// DisconnectAfter leaves in order once so many bytes were read; ResetAfter leaves
	// with a reset (RST).
	DisconnectAfter Bytes `json:"disconnect-after,omitempty"`
	ResetAfter      Bytes `json:"reset-after,omitempty"`
	// SlowAccept lets a connection wait so long before it is accepted (tcp, http).
	SlowAccept Duration `json:"slow-accept,omitempty"`
}

// PushesBack says whether the behaviour can make the program wait: it reads more slowly
// than bytes arrive, or not at all.
func (b Behaviour) PushesBack() bool {
	return b.StopReading || b.Rate > 0 || b.StallAfter > 0 || b.Latency > 0 || b.Trickle != nil
}

// Trickle is a read of at most Bytes every Every.
type Trickle struct {
	Bytes Bytes    `json:"bytes"`
	Every Duration `json:"every"`
}

// Some is a share of the connections, 0 to 1, with a behaviour of their own.
type Some struct {
	Share float64 `json:"share"`
	Behaviour
}

// UntilDrained is the legal value of Phase.Until.
const UntilDrained = "drained"

// Probes are requests for the program's health, sent by the peer beside the load. They
// are what a load balancer would ask, so they have a connection and a time limit of
// their own.
type Probes struct {
	// Path is what is asked for with GET; an answer of 200 to 299 is health.
	Path string `json:"path"`
	// Every is the time from one probe to the next; one that is late delays no other.
	Every Duration `json:"every,omitempty"`
	// Within is how long an answer may take; a later one is a failed probe.
	Within Duration `json:"within,omitempty"`
}

// Limits are what the program may use.
type Limits struct {
	Memory Bytes   `json:"memory,omitempty"`
	CPUs   float64 `json:"cpus,omitempty"`
	// Pids bounds processes and threads (docker).
	Pids int64 `json:"pids,omitempty"`
}

// Engagement is what must have happened before a run can acquit.
type Engagement string

const (
	EngagesPressure    Engagement = "pressure"
	EngagesDisconnects Engagement = "disconnects"
	EngagesErrors      Engagement = "errors"
	EngagesOperations  Engagement = "operations"
	EngagesNothing     Engagement = "nothing"
)

// Engagements lists the legal values.
var Engagements = []Engagement{EngagesPressure, EngagesDisconnects, EngagesErrors, EngagesOperations, EngagesNothing}

// Role is what is expected of a variant.
type Role string

const (
	RoleBroken  Role = "broken"  // must be convicted, as declared
	RoleFixed   Role = "fixed"   // must be acquitted
	RoleSubject Role = "subject" // a user's own, expected innocent
)

// Roles lists the legal values.
var Roles = []Role{RoleBroken, RoleFixed, RoleSubject}

// Variant is a program in a scenario. Exactly one of Go, Node, Image, Build and
// Command says what it is; Command may stand beside Image or Build.
type Variant struct {
	Name string `json:"name"`
	Role Role   `json:"role,omitempty"`

	// Go is the folder of a main package; it is built with a debug port added.
	Go string `json:"go,omitempty"`
	// Node is a script, run by Node.js with its inspector open.
	Node *Node `json:"node,omitempty"`
	// Image is the reference of a container image.
	Image string `json:"image,omitempty"`
	// Build is a folder with a Dockerfile.
	Build string `json:"build,omitempty"`
	// Command is a program on this machine and its arguments (process engine), started
	// in the scenario's folder, or what an image runs instead of its own command.
	Command []string `json:"command,omitempty"`

	// Command, Args and Env may hold {{.Source}}, {{.Sink}} and {{.Listen}}, and the
	// halves of an address: {{.SourceHost}}, {{.SourcePort}}, {{.SinkHost}}, {{.SinkPort}},
	// and {{.Services.name}}, the host:port of a service.
	Args []string          `json:"args,omitempty"`
	Env  map[string]string `json:"env,omitempty"`

	// SinkKind replaces the kind of the scenario's sink, where programs that deliver in
	// different ways make the same mistake. The phases are the same for all.
	SinkKind SinkKind `json:"sink-kind,omitempty"`

	// Listen is the port that the program serves on (http-client); 0 leaves it to the
	// engine, which tells the program.
	Listen int `json:"listen,omitempty"`
	// DebugPort is where a program of the user's own serves /debug/pprof.
	DebugPort int `json:"debug-port,omitempty"`
	// InspectPort is where a program of the user's own has the inspector of its Node.js.
	InspectPort int `json:"inspect-port,omitempty"`

	// User and WritableRoot loosen what docker enforces, for images that need it:
	// "0" runs as root without capabilities.
	User         string `json:"user,omitempty"`
	WritableRoot bool   `json:"writable-root,omitempty"`

	// Convict is the declared verdict of a broken variant.
	Convict *Conviction `json:"convict,omitempty"`

	// Limits and Bound override the scenario's.
	Limits *Limits `json:"limits,omitempty"`
	Bound  Bytes   `json:"bound,omitempty"`
}

// Conviction is a declared cause and, where it can be known, the guilty function.
type Conviction struct {
	Cause Cause  `json:"cause"`
	Site  string `json:"site,omitempty" jsonschema:"description=function without its package such as (*queue).Write"`
}

// What programs run on.
const (
	RuntimeGo   = "go"
	RuntimeNode = "node"
)

// Runtime is what the program runs on, or empty where it is not known.
func (v Variant) Runtime() string {
	switch {
	case v.Go != "":
		return RuntimeGo
	case v.Node != nil:
		return RuntimeNode
	}
	return ""
}

// NeedsContainers says whether the variant can only run in a container engine.
func (v Variant) NeedsContainers() bool { return v.Image != "" || v.Build != "" }

// NeedsHost says whether the variant can only run as a local process.
func (v Variant) NeedsHost() bool { return len(v.Command) > 0 && !v.NeedsContainers() }

// FileName is the variant's name as part of a path.
func (v Variant) FileName() string { return strings.ReplaceAll(v.Name, "/", "-") }

// Path resolves a path of the file against the scenario's folder.
func (s *Scenario) Path(relative string) string {
	return filepath.Join(s.Dir, filepath.FromSlash(relative))
}
