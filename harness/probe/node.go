package probe

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/highwater-dev/highwater/harness"
)

// Node reads a program of Node.js through V8's inspector. The program's code is untouched;
// what is asked runs in it, between two of its own callbacks.
type Node struct {
	inspector *inspector
	ending    sync.Once
}

// heapInterval is how many bytes V8 allocates, on average, from one sample to the next.
// With 512 KiB, its default, a leak of Buffers has one sample; with 32 KiB a profile of 190
// MiB of strings takes 270 KB, and the cost is lost in the noise.
const heapInterval = 32 << 10

var (
	//go:embed node_sample.js
	nodeSample string
	//go:embed node_streams.js
	nodeStreams string
	//go:embed node_descriptors.js
	nodeDescriptors string
)

// Whatever is asked looks first whether the program is on its way out, and goes without
// the inspector's own additions such as require: Node.js answers also while it waits, at its
// end, for its debugger to let go, and of such questions it died then, with a segmentation
// fault, in 36 of 36 tries. Asked without a pause it still did so in 4 of 60, whatever the
// question; with five a second it was not seen in 400 runs.
const streamPrototype = "process._exiting ? undefined : process.getBuiltinModule?.('node:stream').Stream.prototype"

// OpenNode begins to watch the program whose inspector is found under a URL, and with
// profiles to sample its heap. A program that was started to wait for this goes on waiting,
// until Begin.
func OpenNode(ctx context.Context, base string, client *http.Client, profiles bool) (*Node, error) {
	n := &Node{}
	var err error
	if n.inspector, err = dialInspector(ctx, base, client, n.hear); err != nil {
		return nil, fmt.Errorf("open inspector: %w", err)
	}
	type step struct {
		method string
		params any
	}
	steps := []step{
		{"NodeWorker.enable", map[string]any{"waitForDebuggerOnStart": false}},
		{"NodeRuntime.enable", nil},
		{"NodeRuntime.notifyWhenWaitingForDisconnect", map[string]any{"enabled": true}},
	}
	if profiles {
		steps = append(steps, step{"HeapProfiler.startSampling", map[string]any{"samplingInterval": heapInterval}})
	}
	for _, step := range steps {
		if err := n.inspector.call(ctx, step.method, step.params, nil); err != nil {
			n.Close()
			return nil, fmt.Errorf("open inspector: %w", err)
		}
	}
	return n, nil
}

// hear ends the session when the program has come to its end and waits for that, and lets
// its workers run: they wait for a debugger, too, since they inherit the argument.
func (n *Node) hear(method string, params json.RawMessage) {
	switch method {
	case "NodeRuntime.waitingForDisconnect":
		go n.ending.Do(n.inspector.close) // without a last question: it might die of that
	case "NodeWorker.attachedToWorker":
		var worker struct {
			SessionID string `json:"sessionId"`
		}
		if json.Unmarshal(params, &worker) == nil {
			go n.letGo(worker.SessionID)
		}
	}
}

// letGo lets a worker run, unwatched: its memory is in the process's figures.
func (n *Node) letGo(session string) {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	text, err := question(1, "Runtime.runIfWaitingForDebugger", nil)
	if err != nil {
		return
	}
	// A worker, or a program, that has ended needs nothing any more.
	_ = n.inspector.call(ctx, "NodeWorker.sendMessageToWorker", map[string]any{"sessionId": session, "message": string(text)}, nil)
	_ = n.inspector.call(ctx, "NodeWorker.detach", map[string]any{"sessionId": session}, nil)
}

// Begin lets a program run that waits for its debugger, and says which Node.js runs it.
// What the program starts in turn must not wait, too, and on the same port: it would
// inherit the argument.
func (n *Node) Begin(ctx context.Context) (version string, err error) {
	if err := n.evaluate(ctx, forgetWaiting, &version); err != nil {
		return "", err
	}
	return version, n.inspector.call(ctx, "Runtime.runIfWaitingForDebugger", nil, nil)
}

//go:embed node_begin.js
var forgetWaiting string

// Close stops sampling and ends the session; the program goes on.
func (n *Node) Close() {
	n.ending.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
		defer cancel()
		// A program that has died, or hangs, does not answer.
		_ = n.inspector.call(ctx, "HeapProfiler.stopSampling", nil, nil)
		n.inspector.close()
	})
}

// ShutInspector has the program close its inspector a moment later, when this session
// will be over.
func (n *Node) ShutInspector(ctx context.Context) error {
	return n.evaluate(ctx, "void setTimeout(() => process._debugEnd?.(), 100)", new(any))
}

// Sample adds what Node says to values.
func (n *Node) Sample(ctx context.Context, values map[harness.Metric]float64) error {
	var told map[harness.Metric]float64
	if err := n.evaluate(ctx, nodeSample, &told); err != nil {
		return err
	}
	for metric, value := range told {
		values[metric] = value
	}
	return nil
}

// HeapProfile takes what V8's sampling profiler holds for alive, right after a collection,
// as a gzipped profile of pprof's. What Buffers hold is not in it.
func (n *Node) HeapProfile(ctx context.Context) ([]byte, error) {
	var taken struct {
		Profile samplingProfile `json:"profile"`
	}
	if err := n.inspector.call(ctx, "HeapProfiler.getSamplingProfile", nil, &taken); err != nil {
		return nil, err
	}
	return taken.Profile.encode()
}

// OpenTargets counts the program's descriptors by what they point to, digits replaced by
// N, as the program itself sees them.
func (n *Node) OpenTargets(ctx context.Context) (targets map[string]int, err error) {
	return targets, n.evaluate(ctx, nodeDescriptors, &targets)
}

// Streams lists the program's streams, those that are alike together, the fullest first.
// It costs a collection, and a pause of 0.1 to 1 s with 100 MB in them.
func (n *Node) Streams(ctx context.Context) ([]harness.StreamGroup, error) {
	const group = "highwater"
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
		defer cancel()
		_ = n.inspector.call(ending, "Runtime.releaseObjectGroup", map[string]any{"objectGroup": group}, nil)
	}()
	var prototype struct{ Result remoteObject }
	err := n.inspector.call(ctx, "Runtime.evaluate", map[string]any{"expression": streamPrototype, "objectGroup": group, "silent": true}, &prototype)
	if err != nil {
		return nil, err
	}
	if prototype.Result.ObjectID == "" {
		return nil, errors.New("list streams: the program is ending, or its Node.js is older than 20.16")
	}
	var found struct{ Objects remoteObject }
	err = n.inspector.call(ctx, "Runtime.queryObjects", map[string]any{"prototypeObjectId": prototype.Result.ObjectID, "objectGroup": group}, &found)
	if err != nil {
		return nil, err
	}
	var told remoteAnswer
	err = n.inspector.call(ctx, "Runtime.callFunctionOn", map[string]any{
		"functionDeclaration": nodeStreams, "objectId": found.Objects.ObjectID, "returnByValue": true, "silent": true,
	}, &told)
	if err != nil {
		return nil, err
	}
	var streams []harness.StreamGroup
	return streams, told.read(&streams)
}

// remoteObject is a value of the program's, or a handle of one.
type remoteObject struct {
	ObjectID string          `json:"objectId"`
	Value    json.RawMessage `json:"value"`
}

type remoteAnswer struct {
	Result    remoteObject `json:"result"`
	Exception *struct {
		Text      string `json:"text"`
		Exception struct {
			Description string `json:"description"`
		} `json:"exception"`
	} `json:"exceptionDetails"`
}

func (a remoteAnswer) read(into any) error {
	if a.Exception != nil {
		return errors.New(a.Exception.Text + " " + a.Exception.Exception.Description)
	}
	if len(a.Result.Value) == 0 {
		return nil // undefined
	}
	return json.Unmarshal(a.Result.Value, into)
}

// evaluate runs an expression in the program and reads its value.
func (n *Node) evaluate(ctx context.Context, expression string, into any) error {
	var told remoteAnswer
	err := n.inspector.call(ctx, "Runtime.evaluate", map[string]any{
		"expression": expression, "returnByValue": true, "silent": true,
	}, &told)
	if err != nil {
		return err
	}
	return told.read(into)
}
