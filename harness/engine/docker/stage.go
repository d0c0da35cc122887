package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/highwater-dev/highwater/harness/engine"
)

// Ports inside a stage's own network, which nobody else is on.
const (
	controlPort = "7000"
	sourcePort  = "7001"
	sinkPort    = "7002"
	relayPort   = "7003"
	listenPort  = 8080
	debugPort   = 6060
)

// Names under which the two containers of a stage find each other.
const (
	peerName    = "peer"
	programName = "program"
)

// bridgeNetwork is the engine's default network, on which the peer can be reached.
const bridgeNetwork = "bridge"

// removeTimeout bounds the removal of a stage, which also has to work after Ctrl-C.
const removeTimeout = 30 * time.Second

// stage is one run's network and containers.
type stage struct {
	engine  *Engine
	run     string
	network string // its ID
	name    string // of the network
	listen  string
	debug   string

	mu        sync.Mutex
	instances []*instance
	holder    chan error // the start of the network's holder
	holderID  string
}

// Stage creates the network of one run: internal, so that nothing on it has a way out.
func (e *Engine) Stage(ctx context.Context, run string, ports engine.Ports) (engine.Stage, error) {
	s := &stage{
		engine: e, run: run, name: "highwater-" + run,
		listen: strconv.Itoa(cmp.Or(ports.Listen, listenPort)), debug: strconv.Itoa(cmp.Or(ports.Debug, ports.Inspect, debugPort)),
	}
	if err := s.createNetwork(ctx); err != nil {
		return nil, fmt.Errorf("create network: %w", err)
	}
	return s, nil
}

// noGateway keeps the engine's host off a stage's network. An internal network has no
// route out, but the host has an address on its bridge, under which all that listens
// on the host would be reachable.
var noGateway = map[string]string{"com.docker.network.bridge.inhibit_ipv4": "true"}

// createNetwork does without the option where an engine, such as Podman, does not know it.
func (s *stage) createNetwork(ctx context.Context) error {
	options := client.NetworkCreateOptions{Driver: "bridge", Internal: true, Labels: s.labels(), Options: noGateway}
	created, err := s.engine.client.NetworkCreate(ctx, s.name, options)
	if err != nil && ctx.Err() == nil {
		options.Options = nil
		created, err = s.engine.client.NetworkCreate(ctx, s.name, options)
	}
	s.network = created.ID
	return err
}

func (s *stage) labels() map[string]string {
	return map[string]string{labelRun: s.run, labelOwner: engine.Owner()}
}

// hold starts a container that does nothing but own the program's network namespace,
// as a pod's pause container does. Without it the namespace would end with the
// program, and with it what the program had written and the kernel not yet sent: a
// program that closed its connections and exited in order would seem to lose rows.
func (s *stage) hold(ctx context.Context, image string) error {
	holder, err := s.start(ctx, testcontainers.ContainerRequest{
		Image: image, Cmd: []string{"peer", "--hold-network"},
		Networks:           []string{s.name},
		NetworkAliases:     map[string][]string{s.name: {programName}},
		HostConfigModifier: func(host *container.HostConfig) { harden(host, holderLimits) },
	}, engine.Program{})
	if err != nil {
		return fmt.Errorf("start network holder: %w", err)
	}
	s.holderID = holder.id
	return nil
}

// held waits until the holder runs.
func (s *stage) held(ctx context.Context) error {
	if s.holder == nil {
		return errors.New("start program: the peer comes first")
	}
	select {
	case err := <-s.holder:
		s.holder <- err // for whoever asks next
		return err
	case <-ctx.Done():
		return fmt.Errorf("start program: %w", ctx.Err())
	}
}

// StartPeer starts the peer on both networks and waits until its control port answers.
func (s *stage) StartPeer(ctx context.Context, spec engine.PeerSpec) (engine.Peer, error) {
	args, err := spec.Arguments(engine.Layout{
		ControlListen: ":" + controlPort, SourceListen: ":" + sourcePort, SinkListen: ":" + sinkPort, RelayListen: ":" + relayPort,
		Download: net.JoinHostPort(programName, s.listen), Debug: net.JoinHostPort(programName, s.debug),
	})
	if err != nil {
		return engine.Peer{}, err
	}
	image, err := s.engine.staticImage(ctx, "highwater-peer", spec.Binary)
	if err != nil {
		return engine.Peer{}, err
	}
	s.holder = make(chan error, 1)
	go func() { s.holder <- s.hold(ctx, image) }() // Close waits for it
	started, err := s.start(ctx, testcontainers.ContainerRequest{
		Image: image, Cmd: args, ExposedPorts: []string{controlPort + "/tcp"},
		Networks:           []string{bridgeNetwork, s.name},
		NetworkAliases:     map[string][]string{s.name: {peerName}},
		HostConfigModifier: func(host *container.HostConfig) { hardenPeer(host) },
	}, engine.Program{Stderr: spec.Log})
	if err != nil {
		return engine.Peer{}, fmt.Errorf("start peer: %w", err)
	}
	control, err := s.engine.controlURL(ctx, started)
	if err != nil {
		return engine.Peer{}, fmt.Errorf("start peer: %w", err)
	}
	return engine.Peer{
		Control: control, Near: started.nearURL(), Instance: started, Listen: ":" + s.listen,
		Source: net.JoinHostPort(peerName, sourcePort), Sink: net.JoinHostPort(peerName, sinkPort),
		Relay: net.JoinHostPort(peerName, relayPort),
	}, nil
}

// StartProgram starts the program in the holder's namespace, on the network without a
// way out.
func (s *stage) StartProgram(ctx context.Context, program engine.Program) (engine.Instance, error) {
	image, err := s.engine.imageOf(ctx, program)
	if err != nil {
		return nil, err
	}
	if err := s.held(ctx); err != nil {
		return nil, err
	}
	env := map[string]string{engine.EnvListen: ":" + s.listen, engine.EnvDebugListen: ":" + s.debug}
	for name, value := range program.Env {
		env[name] = value
	}
	command := program.Command
	if program.Node != nil {
		command = program.Node.Arguments("0.0.0.0:" + s.debug)
	}
	started, err := s.start(ctx, testcontainers.ContainerRequest{
		Image: image, Cmd: append(command, program.Args...), Env: env,
		ConfigModifier: func(config *container.Config) { config.User = userOf(program) },
		HostConfigModifier: func(host *container.HostConfig) {
			hardenProgram(host, program)
			host.NetworkMode = container.NetworkMode("container:" + s.holderID)
		},
	}, program)
	if err != nil {
		return nil, fmt.Errorf("start program: %w", err)
	}
	return started, nil
}

// start creates a container, attaches everything that watches it, and only then
// starts it.
func (s *stage) start(ctx context.Context, request testcontainers.ContainerRequest, program engine.Program) (*instance, error) {
	request.Labels = s.labels()
	created, err := s.create(ctx, request, program)
	if err != nil {
		return nil, err
	}
	i := newInstance(s.engine, created, program)
	i.id = created.GetContainerID()
	s.mu.Lock()
	s.instances = append(s.instances, i)
	s.mu.Unlock()
	if program.Limits.Memory > 0 {
		i.warm(ctx)
	}
	if err := i.start(ctx); err != nil {
		return nil, err
	}
	return i, nil
}

// create sees the creation through also after Ctrl-C: one that was cut short would go
// on in the engine, and nobody here would know the container. Only where an image may
// have to be pulled, which can take minutes, it is cut.
func (s *stage) create(ctx context.Context, request testcontainers.ContainerRequest, program engine.Program) (testcontainers.Container, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if program.Image == "" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), engine.StartTimeout)
		defer cancel()
	}
	return s.engine.provider.CreateContainer(ctx, request)
}

// Close removes the containers and the network, and returns when nobody writes or
// tells anything of the run any more. A holder whose start is under way is waited for;
// why it did not start, if so, is of no interest any more.
func (s *stage) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), removeTimeout)
	defer cancel()
	if s.holder != nil {
		_ = s.held(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var failed []error
	for _, i := range slices.Backward(s.instances) {
		failed = append(failed, i.remove(ctx))
	}
	_, err := s.engine.client.NetworkRemove(ctx, s.network, client.NetworkRemoveOptions{})
	return errors.Join(append(failed, err)...)
}
