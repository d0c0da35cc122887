package docker

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/testcontainers/testcontainers-go"

	"github.com/highwater-dev/highwater/harness/engine"
)

// scratchDir is the folder that each service has in memory, for itself.
const scratchDir = "/scratch"

// StartService starts a container on the run's network, under the service's name.
func (s *stage) StartService(ctx context.Context, service engine.Service) (engine.Instance, error) {
	port := strconv.Itoa(cmp.Or(service.Port, listenPort))
	place := engine.Place{Address: net.JoinHostPort(service.Name, port), Listen: ":" + port, Scratch: scratchDir}
	program, err := service.Program(place)
	if err != nil {
		return nil, err
	}
	image, err := s.engine.imageOf(ctx, program)
	if err != nil {
		return nil, fmt.Errorf("start service %s: %w", service.Name, err)
	}
	env := map[string]string{engine.EnvListen: place.Listen}
	for name, value := range program.Env {
		env[name] = value
	}
	started, err := s.start(ctx, testcontainers.ContainerRequest{
		Image: image, Cmd: append(program.Command, program.Args...), Env: env,
		Networks:           []string{s.name},
		NetworkAliases:     map[string][]string{s.name: {service.Name}},
		HostConfigModifier: hardenService,
	}, program)
	if err != nil {
		return nil, fmt.Errorf("start service %s: %w", service.Name, err)
	}
	return started, nil
}

// HasImage says whether an image is there without being pulled.
func (e *Engine) HasImage(ctx context.Context, reference string) bool {
	_, err := e.client.ImageInspect(ctx, reference)
	return err == nil
}
