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
	Limits Limits  `json:"limits"`

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

	// Engine overrides parameters that make sense in one engine only.
	Engine map[string]*Override `json:"engine,omitempty"`

	Variants []Variant `json:"variants"`

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
	// Clients is how many downloads run at once (http-client).
	Clients int `json:"clients,omitempty"`
	// Path is what the clients get (http-client).
	Path string `json:"path,omitempty"`
	// ReceiveBuffer is the size of each connection's receive buffer (SO_RCVBUF).
	ReceiveBuffer Bytes   `json:"receive-buffer,omitempty"`
	Phases        []Phase `json:"phases,omitempty"`
}

// SinkKind is the protocol of the sink, and who calls whom.
type SinkKind string

const (
	SinkTCP        SinkKind = "tcp"         // the program connects and writes
	SinkHTTPClient SinkKind = "http-client" // the peer comes and downloads
)

// SinkKinds lists the legal kinds.
var SinkKinds = []SinkKind{SinkTCP, SinkHTTPClient}

// Phase is a stretch of a run with one behaviour of the peer. It lasts For, or until
// what Until names has happened.
type Phase struct {
	Name string   `json:"name"`
	For  Duration `json:"for,omitempty"`
	// Until is "drained": the source has ended and everything taken was delivered,
	// or the program has exited.
	Until string `json:"until,omitempty" jsonschema:"enum=drained"`
	// Rate is how fast each sink connection reads.
	Rate Rate `json:"rate,omitempty"`
	// StopReading leaves everything in the receive queue: the window closes, nothing
	// is dropped.
	StopReading bool `json:"stop-reading,omitempty"`
	// SourceRate replaces the source's rate in this phase.
	SourceRate *Rate `json:"source-rate,omitempty"`
}

// UntilDrained is the legal value of Phase.Until.
const UntilDrained = "drained"

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
	// Node is a script.
	Node string `json:"node,omitempty"`
	// Image is the reference of a container image.
	Image string `json:"image,omitempty"`
	// Build is a folder with a Dockerfile.
	Build string `json:"build,omitempty"`
	// Command is a program on this machine and its arguments (process engine), started
	// in the scenario's folder, or what an image runs instead of its own command.
	Command []string `json:"command,omitempty"`

	// Command, Args and Env may hold {{.Source}}, {{.Sink}} and {{.Listen}}, and the
	// halves of an address: {{.SourceHost}}, {{.SourcePort}}, {{.SinkHost}}, {{.SinkPort}}.
	Args []string          `json:"args,omitempty"`
	Env  map[string]string `json:"env,omitempty"`

	// Listen is the port that the program serves on (http-client); 0 leaves it to the
	// engine, which tells the program.
	Listen int `json:"listen,omitempty"`
	// DebugPort is where a program of the user's own serves /debug/pprof.
	DebugPort int `json:"debug-port,omitempty"`

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

// Runtime is what the program runs on: go, node, or empty where it is not known.
func (v Variant) Runtime() string {
	switch {
	case v.Go != "":
		return "go"
	case v.Node != "":
		return "node"
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
