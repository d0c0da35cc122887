package runner

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/peer"
	"github.com/highwater-dev/highwater/harness/probe"
)

// Runner executes variants in one engine.
type Runner struct {
	Engine engine.Engine
	// PeerBinary is a static highwater for the engine's platform.
	PeerBinary string
	// Facts of the tool go into every run.json.
	Facts map[string]string
	// Watch is how closely the program is watched; the zero value is WatchAll.
	Watch Watch
	// Progress is told several times a second how a run stands; nil is legal.
	Progress func(Progress)
}

// Watch is how closely a program is watched. Less than all is for measuring what
// watching costs.
type Watch string

const (
	WatchAll      Watch = "all"      // counters, runtime, and profiles with the collections they ask for
	WatchCounters Watch = "counters" // no profiles, so no forced collections
	WatchNone     Watch = "none"     // what ending a run takes: the counts of both ends, once a second
)

// Watches lists the legal values.
var Watches = []Watch{WatchAll, WatchCounters, WatchNone}

// Progress is how a run stands.
type Progress struct {
	Scenario, Variant string
	// Step is what is being done before and after the load ("build", "start", ...),
	// and the phase's name during it.
	Step string
	// Seconds since the load began.
	Seconds float64
	Values  map[harness.Metric]float64
}

// Run executes one variant of a scenario and writes the run directory dir, whatever
// happens: one that could not be built, or was not begun because ctx had ended, says
// so. An error means that highwater or the engine failed; how the program fared is in
// the directory. When ctx ends, the run ends, what was measured stays, and the error
// is ctx's.
func (r *Runner) Run(ctx context.Context, scenario *harness.Scenario, variant harness.Variant, dir string) (err error) {
	resolved := scenario.Resolve(r.Engine.Name(), variant)
	one := &execution{runner: r, scenario: resolved, variant: variant, id: newID(), token: rand.Text(), started: time.Now()}
	if one.dir, err = harness.CreateRun(dir, one.info(ctx)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, one.dir.Close()) }()
	err = one.buildAndExecute(ctx)
	switch {
	case ctx.Err() != nil && (err == nil || one.loadedAt().IsZero()):
		one.event(harness.Event{Kind: harness.EventInterrupted, Text: "ended by the user"})
		return ctx.Err()
	case err != nil && one.loadedAt().IsZero():
		one.event(harness.Event{Kind: harness.EventNeverReady, Text: err.Error()})
	case err != nil: // what was seen until highwater failed must acquit nobody
		one.event(harness.Event{Kind: harness.EventInterrupted, Text: err.Error()})
	}
	return err
}

func (x *execution) buildAndExecute(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.progress("build", nil)
	program, err := x.prepare(ctx)
	if err != nil {
		return err
	}
	if x.binaries, err = x.buildServices(ctx); err != nil {
		return err
	}
	if err := keepSources(&x.scenario, x.variant, filepath.Join(x.dir.Dir, harness.SourceDir)); err != nil {
		x.event(harness.Event{Kind: harness.EventWarning, Text: "sources were not kept: " + err.Error()})
	}
	return x.execute(ctx, program)
}

// CheckMemory refuses a variant that would bring its host down, before anything is
// begun.
func (r *Runner) CheckMemory(scenario *harness.Scenario, variant harness.Variant, available harness.Bytes) error {
	if need := r.Memory(scenario, variant); need > available {
		return fmt.Errorf("run %s: it needs %s (limit %s and %s for the peer), and %s is available",
			scenario.ID, need.Human(), (need - engine.PeerMemory).Human(), engine.PeerMemory.Human(), available.Human())
	}
	return nil
}

// Memory is the most that a run of a variant takes, its peer included.
func (r *Runner) Memory(scenario *harness.Scenario, variant harness.Variant) harness.Bytes {
	return scenario.Resolve(r.Engine.Name(), variant).Limits.Memory + engine.PeerMemory
}

// execution is one run under way.
type execution struct {
	runner   *Runner
	scenario harness.Scenario
	variant  harness.Variant
	id       string
	token    string // of the peer's control port
	started  time.Time
	dir      *harness.RunWriter

	binaries map[string]string // of services that were built, by name
	services services

	peer     *peer.Client
	instance engine.Instance
	debug    debugPort   // nil where the program has no debug port
	node     *probe.Node // the same, where that is the inspector of Node.js
	sampler  *sampler
	profiler *profiler

	dying atomic.Bool // the engine has seen the kill, and not yet the end

	mu     sync.Mutex
	phase  string
	loaded time.Time // zero until the load begins
}

// execute sets the stage, runs the phases, and clears the stage whatever happened.
func (x *execution) execute(ctx context.Context, program engine.Program) (err error) {
	x.progress("start", nil)
	output, err := openOutput(x.dir.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, output.Close()) }()
	stage, err := x.runner.Engine.Stage(ctx, x.id, engine.Ports{Listen: x.variant.Listen, Debug: x.variant.DebugPort, Inspect: x.variant.InspectPort})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.Close()) }()
	started, err := stage.StartPeer(ctx, engine.PeerSpec{Binary: x.runner.PeerBinary, Arguments: x.peerArguments, Log: output.peer})
	if err != nil {
		return err
	}
	x.peer = x.reachPeer(ctx, started)
	defer func() { err = errors.Join(err, x.closeServices()) }()
	if err := x.startServices(ctx, stage, started, output.services); err != nil {
		return err
	}
	if err := x.fillContract(&program, started); err != nil {
		return err
	}
	program.Stdout, program.Stderr = output.stdout, output.stderr
	program.Notice = func(kind harness.EventKind, text string) {
		x.dying.Store(true)
		x.event(harness.Event{Kind: kind, Text: text})
	}

	if x.instance, err = stage.StartProgram(ctx, program); err != nil {
		return err
	}
	return x.besidePeer(ctx, started.Instance)
}

// nearAnswers bounds the wait for an answer on the near way.
const nearAnswers = time.Second

// reachPeer takes the near way to the peer where it leads to the peer: nobody else knows the
// token.
func (x *execution) reachPeer(ctx context.Context, started engine.Peer) *peer.Client {
	client := &http.Client{Timeout: 10 * time.Second}
	if started.Near != "" {
		near := &peer.Client{Base: started.Near + "/" + x.token, HTTP: client}
		limited, cancel := context.WithTimeout(ctx, nearAnswers)
		defer cancel()
		if _, err := near.Stats(limited); err == nil {
			return near
		}
	}
	return &peer.Client{Base: started.Control + "/" + x.token, HTTP: client}
}

// besidePeer leads the run for as long as the peer lives: without it nothing is
// counted, and what was seen until then proves nothing.
func (x *execution) besidePeer(ctx context.Context, peer engine.Instance) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-peer.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	err := x.watchAndLead(ctx)
	if !hasEnded(peer, err) {
		return err
	}
	return fmt.Errorf("run %s: the peer ended in mid-run (exit code %d); its last words are in %s",
		x.variant.Name, peer.Exit().Code, filepath.Join(x.dir.Dir, harness.PeerFile))
}

// endReported bounds the time from the end of a peer until the engine reports it.
const endReported = 3 * time.Second

// hasEnded says whether the peer has ended. After an error it may have, and the report
// of that be still on its way: whoever asks the dead is refused at once.
func hasEnded(peer engine.Instance, err error) bool {
	var wait time.Duration
	if err != nil {
		wait = endReported
	}
	return endsWithin(context.Background(), peer, wait)
}

// watchAndLead runs the phases with samplers and profiler beside it.
func (x *execution) watchAndLead(ctx context.Context) error {
	opened, err := x.openDebugPort(ctx)
	x.sampler = newSampler(x)
	x.profiler = newProfiler(x)
	if opened {
		stop := x.startWatching()
		err = x.lead(ctx)
		stop()
	}
	x.closeDebugPort()
	x.endProgram()
	exit := x.instance.Exit()
	x.event(harness.Event{Kind: harness.EventExit, Exit: &exit})
	return err
}

func (x *execution) peerArguments(layout engine.Layout) ([]string, error) {
	config := peer.Config{
		Source: x.scenario.Source, Sink: x.scenario.Sink, Probes: x.scenario.Probes, Token: x.token,
		ControlListen: layout.ControlListen, SourceListen: layout.SourceListen, SinkListen: layout.SinkListen,
		Download: layout.Download, Debug: layout.Debug,
	}
	if x.scenario.Database() != nil {
		config.RelayListen = layout.RelayListen
	}
	text, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("encode peer's configuration: %w", err)
	}
	return []string{"peer", "--config", string(text)}, nil
}

// event appends an event at this moment.
func (x *execution) event(event harness.Event) {
	event.Seconds = time.Since(x.started).Seconds()
	if event.Phase == "" {
		event.Phase = x.currentPhase()
	}
	x.dir.Event(event)
}

func (x *execution) progress(step string, values map[harness.Metric]float64) {
	if x.runner.Progress == nil {
		return
	}
	p := Progress{Scenario: x.scenario.ID, Variant: x.variant.Name, Step: step, Values: values}
	if loaded := x.loadedAt(); !loaded.IsZero() {
		p.Seconds = time.Since(loaded).Seconds()
	}
	x.runner.Progress(p)
}
