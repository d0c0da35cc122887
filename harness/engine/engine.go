// Package engine says what a place to run programs must be able to do: start a
// program and the peer beside it, watch them, stop them, and leave nothing behind.
//
// The places themselves are engine/docker (containers, with the kernel holding the
// limit) and engine/process (local processes, with a watcher holding it). The package
// judges nothing, and it knows neither scenarios nor the run directory: the runner
// tells it what to start and asks it for numbers.
package engine

import (
	"context"
	"io"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

// Engine is a place where programs run.
type Engine interface {
	// Name is "docker" or "process".
	Name() string
	// Facts describes the engine and its host for run.json.
	Facts(ctx context.Context) map[string]string
	// AvailableMemory is what programs may still use on the engine's host.
	AvailableMemory(ctx context.Context) (harness.Bytes, error)
	// Platform is what binaries have to be built for.
	Platform() (goos, goarch string)
	// HasImage says whether a container image is there without being fetched.
	HasImage(ctx context.Context, reference string) bool
	// Stage prepares the surroundings of one run. Closing it removes all that was
	// started on it.
	Stage(ctx context.Context, run string, ports Ports) (Stage, error)
}

// Ports are those that a program uses of its own accord; 0 leaves the choice to the
// engine. At most one of Debug and Inspect is set.
type Ports struct{ Listen, Debug, Inspect int }

// Stage is where one run takes place: a peer and a program that can reach each other
// and, under docker, nothing else.
type Stage interface {
	// StartPeer starts the peer and waits until it listens.
	StartPeer(ctx context.Context, spec PeerSpec) (Peer, error)
	// StartService starts another program that the scenario needs, without limits. It is
	// on its way when this returns; when it accepts connections, the peer can tell.
	StartService(ctx context.Context, service Service) (Instance, error)
	// StartProgram starts the program under its limits.
	StartProgram(ctx context.Context, program Program) (Instance, error)
	// Close ends and removes everything on the stage, also when ctx is long over.
	Close() error
}

// PeerSpec is what to start as the peer.
type PeerSpec struct {
	// Binary is a static highwater for the engine's platform.
	Binary string
	// Arguments makes its arguments from where the stage wants the peer to listen and
	// to find the program.
	Arguments func(Layout) ([]string, error)
	// Log is where its warnings go.
	Log io.Writer
}

// Layout is where peer and program find each other, as host:port.
type Layout struct {
	ControlListen, SourceListen, SinkListen string // for the peer to listen on
	RelayListen                             string // likewise; empty where the program can reach what highwater can
	Download, Debug                         string // the program, as the peer sees it
}

// Peer is a started peer.
type Peer struct {
	// Control is the base URL of the control port, as highwater sees it. Near may be a shorter
	// way to it, past whatever publishes ports, or lead to a stranger, or be empty.
	Control, Near string
	// Source and Sink are the peer's ports as the program sees them, host:port.
	Source, Sink string
	// Relay is where the program finds what the peer relays; empty where it needs none.
	Relay string
	// Listen is where the program is to listen, by the contract: ":port".
	Listen string
	// Instance is the peer itself, watched for an early end.
	Instance Instance
}

// Service is a program beside the one under test.
type Service struct {
	Name string
	// Port is where it listens; 0 leaves the choice to the engine.
	Port int
	// Program makes it from where it will be found.
	Program func(Place) (Program, error)
}

// Place is where a service is.
type Place struct {
	Address string // host:port, as the program and the peer see it
	Listen  string // what it is to listen on, as it sees it itself: ":port" or "host:port"
	Scratch string // an empty folder of its own
}

// Program is what to start, and how. One of Binary, Node, Image, BuildDir and Command
// says what it is; Command beside Image or BuildDir replaces the image's command.
type Program struct {
	Binary   string // a static binary for the engine's platform
	Node     *Node
	Image    string
	BuildDir string // a folder with a Dockerfile
	Command  []string
	// Dir is where a Command on this machine starts, and what its relative paths mean.
	Dir    string
	Args   []string
	Env    map[string]string
	Limits harness.Limits
	// User and WritableRoot loosen what docker enforces, for images that need it.
	User         string
	WritableRoot bool

	Stdout, Stderr io.Writer
	// Notice is called when the engine sees something before the program's end, such
	// as an OOM kill. It must not block.
	Notice func(kind harness.EventKind, text string)
}

// Node is a script, and the Node.js to run it with.
type Node struct {
	// Binary is for the engine's platform, Libraries are the files that it loads, at the
	// paths where it looks for them. Without a binary, Image has it.
	Binary    string
	Libraries []string
	Image     string
	// App is the folder that the script needs, Files what of it, and Script its path there;
	// the latter two with slashes.
	App    string
	Files  []string
	Script string
	// Wait keeps the script from beginning until somebody opens its inspector.
	Wait bool
}

// Arguments are those of node, with the inspector at an address.
func (n *Node) Arguments(inspector string) (list []string) {
	if n.Wait {
		list = append(list, "--inspect-wait="+inspector)
	}
	return append(list, n.Script)
}

// Instance is a started program.
type Instance interface {
	// Sample adds what the kernel counts for the program. It is called many times a
	// second, and returns an error once the program has gone.
	Sample(values map[harness.Metric]float64) error
	// Done is closed when the program has ended and all its output was written.
	Done() <-chan struct{}
	// Exit says how the program ended; it is valid once Done is closed.
	Exit() harness.Exit
	// Stop asks the program to end and kills it after the grace period. It returns
	// when the program has ended.
	Stop(grace time.Duration) error
	// Describe adds facts that are known only once it runs: image digest, cgroup version.
	Describe(facts map[string]string)
}

// Opener is an Instance that can tell what the program holds open, as where its kernel
// is this machine's.
type Opener interface {
	// OpenTargets counts descriptors by what they point to, digits replaced by N.
	OpenTargets() (map[string]int, error)
}

// Wired is an Instance whose kernel tells what lies in the program's TCP queues.
type Wired interface {
	// SampleQueues adds that, and returns an error once the program has gone. The kernel
	// walks the connections of the whole machine for it: it is asked apart from Sample, and
	// less often.
	SampleQueues(values map[harness.Metric]float64) error
}

// Guest is an Engine whose program is somebody else's, and runs already.
type Guest interface {
	// OpenedInspector says whether the program opened its inspector for this run, and is to
	// shut it afterwards.
	OpenedInspector() bool
}

// PeerMemory is what a run needs beside the program's limit, and the limit that docker
// sets the peer. With a few connections the peer holds 30 to 60 MiB; the rest leaves
// some 45 KiB for the stacks and buffers of each of 10,000 stalled ones. It is one
// figure because a peer that is allowed more than
// was reserved for it could still bring the host down.
const PeerMemory = 512 * harness.MiB

// StartTimeout bounds the start of a container or process.
const StartTimeout = 60 * time.Second

// The variables of the contract with a program. Source, Sink and Listen belong to
// every program; DebugListen is read, and removed, by the file that is added to Go
// programs. (Node.js is told by an argument.) Run is highwater's own mark on every local process that it starts, inherited
// by what that starts in turn: who left process group and parent is found by it.
const (
	EnvRun         = "HIGHWATER_RUN"
	EnvSource      = "HIGHWATER_SOURCE"
	EnvSink        = "HIGHWATER_SINK"
	EnvListen      = "HIGHWATER_LISTEN"
	EnvDebugListen = "HIGHWATER_DEBUG_LISTEN"
)
