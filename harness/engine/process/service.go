package process

import (
	"context"
	"fmt"

	"github.com/highwater-dev/highwater/harness/engine"
)

// StartService starts a local process that listens on loopback, in a folder of its own.
func (s *stage) StartService(_ context.Context, service engine.Service) (engine.Instance, error) {
	at, release, err := address("port", service.Port)
	if err != nil {
		return nil, fmt.Errorf("start service %s: %w", service.Name, err)
	}
	scratch, err := engine.NewScratch()
	if err != nil {
		release()
		return nil, fmt.Errorf("start service %s: %w", service.Name, err)
	}
	s.scratch = append(s.scratch, scratch)
	place := engine.Place{Address: at, Listen: at, Scratch: scratch.Dir} // on loopback, not for everybody
	program, err := service.Program(place)
	release()
	if err != nil {
		return nil, err
	}
	command, err := s.commandOf(program)
	if err != nil {
		return nil, fmt.Errorf("start service %s: %w", service.Name, err)
	}
	program.Env[engine.EnvListen] = place.Listen
	command.Env = s.environment(program)
	started, err := s.start(command, engine.Program{})
	if err != nil {
		return nil, fmt.Errorf("start service %s: %w", service.Name, err)
	}
	return started, nil
}
