package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/probe"
)

// stage is one run's processes on loopback.
type stage struct {
	run           string
	listen, debug string

	ports map[int]bool // those of the peer, and the program's own

	held []func() // the program's ports, until it starts

	mu        sync.Mutex
	instances []*instance
	pipes     []*os.File
	scratch   []*engine.Scratch
}

// StartPeer starts the peer and reads its addresses from the first line it prints.
// The peer ends by itself when highwater, which holds its standard input, is gone.
func (s *stage) StartPeer(ctx context.Context, spec engine.PeerSpec) (engine.Peer, error) {
	args, err := spec.Arguments(engine.Layout{
		ControlListen: "127.0.0.1:0", SourceListen: "127.0.0.1:0", SinkListen: "127.0.0.1:0",
		Download: s.listen, Debug: s.debug,
	})
	if err != nil {
		return engine.Peer{}, err
	}
	output, writer, err := os.Pipe()
	if err != nil {
		return engine.Peer{}, fmt.Errorf("start peer: %w", err)
	}
	alive, hold, err := os.Pipe()
	if err != nil {
		return engine.Peer{}, fmt.Errorf("start peer: %w", err)
	}
	defer alive.Close()
	s.pipes = append(s.pipes, hold, output)

	command := exec.Command(spec.Binary, append(args, "--exit-with-stdin")...)
	command.Stdin, command.Stdout, command.Stderr = alive, writer, spec.Log
	command.Env = os.Environ()
	started, err := s.start(command, engine.Program{})
	writer.Close()
	if err != nil {
		return engine.Peer{}, fmt.Errorf("start peer: %w", err)
	}
	addresses, err := readAddresses(ctx, output)
	if err != nil {
		return engine.Peer{}, fmt.Errorf("start peer: %w", err)
	}
	s.ports = map[int]bool{portOf(addresses.Source): true, portOf(addresses.Sink): true, portOf(s.listen): true}
	return engine.Peer{Control: "http://" + addresses.Control, Source: addresses.Source, Sink: addresses.Sink, Listen: s.listenPort(), Instance: started}, nil
}

func portOf(address string) int {
	_, port, _ := net.SplitHostPort(address)
	number, _ := strconv.Atoi(port)
	return number
}

// isProgram says whether a connection of this machine is the program's: it goes to a
// port of the peer, or comes to the one that the program serves on.
func (s *stage) isProgram(local, remote int) bool {
	return remote != 0 && s.ports[remote] && remote != portOf(s.listen) || local == portOf(s.listen)
}

type addresses struct{ Control, Source, Sink string }

func readAddresses(ctx context.Context, output *os.File) (told addresses, err error) {
	deadline := time.Now().Add(engine.StartTimeout)
	if until, ok := ctx.Deadline(); ok && until.Before(deadline) {
		deadline = until
	}
	if err := output.SetReadDeadline(deadline); err != nil {
		return told, err
	}
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err != nil {
		return told, fmt.Errorf("read its addresses: %w", err)
	}
	return told, json.Unmarshal(line, &told)
}

// StartProgram starts a binary or a command.
func (s *stage) StartProgram(_ context.Context, program engine.Program) (engine.Instance, error) {
	command, err := s.commandOf(program)
	if err != nil {
		return nil, fmt.Errorf("start program: %w", err)
	}
	command.Env = s.environment(program)
	s.release()
	started, err := s.start(command, program)
	if err != nil {
		return nil, fmt.Errorf("start program: %w", err)
	}
	started.sockets = &probe.Sockets{Dir: "/proc/self/net", Mine: s.isProgram}
	return started, nil
}

func (s *stage) commandOf(program engine.Program) (*exec.Cmd, error) {
	var command *exec.Cmd
	switch {
	case program.Node != nil:
		command = exec.Command(program.Node.Binary, append(program.Node.Arguments(s.debug), program.Args...)...)
		program.Dir = program.Node.App
	case program.Binary != "":
		command = exec.Command(program.Binary, program.Args...)
	case program.Image == "" && program.BuildDir == "" && len(program.Command) > 0:
		command = exec.Command(program.Command[0], append(program.Command[1:], program.Args...)...)
	default:
		return nil, errors.New("an image needs a container engine; the process engine runs go:, node: and command: programs")
	}
	command.Dir, command.Stdout, command.Stderr = program.Dir, program.Stdout, program.Stderr
	return command, nil
}

// release lets go of the ports that were held for the program.
func (s *stage) release() {
	for _, release := range s.held {
		release()
	}
	s.held = nil
}

// environment is what the program was told, and the little that every program may
// expect; not the user's whole environment, which would differ between machines.
func (s *stage) environment(program engine.Program) []string {
	env := map[string]string{
		"GOMAXPROCS":          strconv.Itoa(int(math.Ceil(max(program.Limits.CPUs, 1)))),
		engine.EnvListen:      s.listenPort(),
		engine.EnvDebugListen: s.debug,
		"PATH":                os.Getenv("PATH"),
		"HOME":                os.Getenv("HOME"),
		"TMPDIR":              os.TempDir(),
	}
	for name, value := range program.Env {
		env[name] = value
	}
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}

// listenPort is ":port", by the contract.
func (s *stage) listenPort() string { return s.listen[strings.LastIndex(s.listen, ":"):] }

func (s *stage) start(command *exec.Cmd, program engine.Program) (*instance, error) {
	ownGroup(command)
	started, err := startInstance(command, s.run, program)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.instances = append(s.instances, started)
	return started, nil
}

// Close kills what still runs, the peer last so that it sees the program leave.
func (s *stage) Close() error {
	s.release()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.instances) - 1; i >= 0; i-- {
		s.instances[i].kill()
		<-s.instances[i].Done()
	}
	for _, pipe := range s.pipes {
		pipe.Close()
	}
	var failed []error
	for _, folder := range s.scratch {
		failed = append(failed, folder.Remove())
	}
	return errors.Join(failed...)
}
