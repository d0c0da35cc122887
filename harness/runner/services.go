package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"time"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/service"
)

// services are what the program needs beside its two ends.
type services struct {
	addresses   map[string]string // host:port by name, as the program sees them
	database    *service.Database // nil without one
	databaseURL string
	watch       *service.Watch // nil without a database

	stopRelay context.CancelFunc
	relayed   func() // waits for what was relayed
}

// buildServices builds those that are built, by name.
func (x *execution) buildServices(ctx context.Context) (binaries map[string]string, err error) {
	binaries = map[string]string{}
	goos, goarch := x.runner.Engine.Platform()
	for _, one := range x.scenario.Services {
		if one.Go == "" {
			continue
		}
		if binaries[one.Name], err = installGo(ctx, one.Go, goos, goarch); err != nil {
			return nil, err
		}
	}
	return binaries, nil
}

// startServices starts them one after another, each when the one before it is ready.
func (x *execution) startServices(ctx context.Context, stage engine.Stage, at engine.Peer, log io.Writer) error {
	x.services.addresses = map[string]string{}
	for _, one := range x.scenario.Services {
		var err error
		if one.Postgres != nil {
			err = x.openDatabase(ctx, stage, at, one, log)
		} else {
			err = x.startService(ctx, stage, one, log)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *execution) startService(ctx context.Context, stage engine.Stage, one harness.Service, log io.Writer) error {
	var address string
	instance, err := stage.StartService(ctx, engine.Service{Name: one.Name, Port: one.Port, Program: func(place engine.Place) (engine.Program, error) {
		address = place.Address
		values := contract{Listen: place.Listen, Scratch: place.Scratch, Services: x.services.addresses}
		program := engine.Program{
			Binary: x.binaries[one.Name], Image: one.Image, Command: one.Command, Args: one.Args,
			Env: maps.Clone(one.Env), Stdout: log, Stderr: log,
		}
		if one.Image == "" && one.Go == "" {
			program.Dir = x.scenario.Dir
		}
		return program, values.fill(&program)
	}})
	if err != nil {
		return err
	}
	if err := x.awaitService(ctx, instance, one, address); err != nil {
		return fmt.Errorf("start service %s: %w", one.Name, err)
	}
	x.services.addresses[one.Name] = address
	return nil
}

// awaitService waits until the peer can connect to it.
func (x *execution) awaitService(ctx context.Context, instance engine.Instance, one harness.Service, address string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(one.Ready))
	defer cancel()
	for {
		conn, err := x.peer.Dial(ctx, address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-instance.Done():
			return fmt.Errorf("it ended with exit code %d before it was ready; its words are in %s", instance.Exit().Code, harness.ServicesFile)
		case <-ctx.Done():
			return fmt.Errorf("not ready after %s: %w", one.Ready, err)
		case <-time.After(readyEvery):
		}
	}
}

// openDatabase finds or starts the database, and lays the way from the program to it.
func (x *execution) openDatabase(ctx context.Context, stage engine.Stage, at engine.Peer, one harness.Service, log io.Writer) error {
	spec := service.Spec{
		Service: one, Run: x.id, Dial: x.peer.Dial,
		HasImage: func(reference string) bool { return x.runner.Engine.HasImage(ctx, reference) },
		StartImage: func(ctx context.Context, started engine.Service) error {
			make := started.Program
			started.Program = func(place engine.Place) (engine.Program, error) {
				program, err := make(place)
				program.Stdout, program.Stderr = log, log
				return program, err
			}
			_, err := stage.StartService(ctx, started)
			return err
		},
	}
	if one.Postgres.Setup != "" {
		text, err := os.ReadFile(x.scenario.Path(one.Postgres.Setup))
		if err != nil {
			return fmt.Errorf("set up database: %w", err)
		}
		spec.Setup = string(text)
	}
	database, err := service.Open(ctx, spec)
	if err != nil {
		return fmt.Errorf("start service %s: %w", one.Name, err)
	}
	x.event(harness.Event{Kind: harness.EventService, Text: one.Name + ": " + database.Source})
	s := &x.services
	s.database, s.watch = database, database.Watch()
	via := at.Relay
	if database.Inside() {
		via = ""
	}
	s.databaseURL = database.URL(via)
	s.addresses[one.Name] = database.Address(via)
	if via != "" {
		relayed, cancel := context.WithCancel(context.WithoutCancel(ctx))
		s.stopRelay = cancel
		s.relayed, err = x.peer.Forward(relayed, database.Dial)
	}
	return err
}

// closeServices ends what the engine does not.
func (x *execution) closeServices() error {
	s := &x.services
	if s.database == nil {
		return nil
	}
	if s.stopRelay != nil {
		s.stopRelay()
	}
	if s.relayed != nil {
		s.relayed()
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	return errors.Join(s.watch.Close(ctx), s.database.Close())
}
