package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/highwater-dev/highwater/harness/engine"
)

// find takes the first kind of database that there is.
func find(ctx context.Context, spec Spec) (*Database, error) {
	image := spec.Service.Postgres.Image
	if named := os.Getenv(EnvDatabase); named != "" {
		return createIn(ctx, named, "highwater_"+spec.Run)
	}
	if image != "" && spec.HasImage(image) {
		return startImage(ctx, spec)
	}
	bin, missing := FindInstalled()
	if missing == nil {
		return startOwn(ctx, bin)
	}
	if image == "" {
		return nil, missing
	}
	d, err := startImage(ctx, spec)
	if err != nil {
		return nil, errors.Join(missing, err)
	}
	return d, nil
}

// Describe says what a run would take, an image aside; the error says what is missing.
func Describe() (string, error) {
	if os.Getenv(EnvDatabase) != "" {
		return "a database of the run's own in the server that " + EnvDatabase + " names", nil
	}
	bin, err := FindInstalled()
	if err != nil {
		return "", err
	}
	version, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", bin, err)
	}
	return fmt.Sprintf("%s (%s), started for each run in a temporary folder", strings.TrimSpace(string(version)), bin), nil
}

// createIn makes a database of the run's own in a server that somebody else runs: what
// stands in theirs is left alone.
func createIn(ctx context.Context, named, name string) (*Database, error) {
	d := &Database{Source: "a database of its own in the server of " + EnvDatabase}
	config, err := pgx.ParseConfig(named)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", EnvDatabase, errors.New("it is no URL of a PostgreSQL, such as postgres://user:secret@host/name"))
	}
	if d.url, err = url.Parse(named); err != nil || d.url.Host == "" {
		return nil, fmt.Errorf("read %s: want a URL, such as postgres://user:secret@host/name", EnvDatabase)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to the server of %s: %w", EnvDatabase, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return nil, fmt.Errorf("create a database in the server of %s: %w", EnvDatabase, err)
	}
	d.owned, d.config = name, config.Copy()
	d.config.Database = name
	d.address = net.JoinHostPort(config.Host, fmt.Sprint(config.Port))
	d.url.Path = "/" + name
	return d, nil
}

func startOwn(ctx context.Context, bin string) (*Database, error) {
	p, err := startInstalled(ctx, bin)
	if err != nil {
		return nil, err
	}
	d := &Database{Source: "this machine's own installation in " + bin, installed: p, address: p.at}
	return d, d.configure("postgres://" + databaseName + ":" + p.secret + "@" + p.at + "/postgres?sslmode=disable")
}

// imagePort is where the usual image listens.
const imagePort = 5432

func startImage(ctx context.Context, spec Spec) (*Database, error) {
	d := &Database{Source: "a container of " + spec.Service.Postgres.Image, inside: true}
	secret := "inside" + spec.Run // nobody but the run's own programs can reach it
	err := spec.StartImage(ctx, engine.Service{Name: spec.Service.Name, Port: imagePort, Program: func(place engine.Place) (engine.Program, error) {
		d.address = place.Address
		return engine.Program{Image: spec.Service.Postgres.Image, Env: map[string]string{
			"POSTGRES_USER": databaseName, "POSTGRES_PASSWORD": secret, "POSTGRES_DB": databaseName,
			"PGDATA": place.Scratch + "/data", "POSTGRES_INITDB_ARGS": "--no-sync",
		}}, nil
	}})
	if err != nil {
		return nil, err
	}
	if err := d.configure("postgres://" + databaseName + ":" + secret + "@" + d.address + "/" + databaseName + "?sslmode=disable"); err != nil {
		return nil, err
	}
	d.config.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) { return spec.Dial(ctx, d.address) }
	d.config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	return d, nil
}

func (d *Database) configure(text string) (err error) {
	if d.config, err = pgx.ParseConfig(text); err == nil {
		d.url, err = url.Parse(text)
	}
	return err
}
