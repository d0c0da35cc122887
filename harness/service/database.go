package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
)

// EnvDatabase names the database, to highwater and to programs.
const EnvDatabase = "DATABASE_URL"

// Spec is what a run's database is made from.
type Spec struct {
	Service harness.Service
	// Run names the run.
	Run string
	// Setup is SQL to run before anybody else connects.
	Setup string
	// HasImage says whether the engine has an image; StartImage starts it, and Dial
	// connects to an address as those on the run's network see it.
	HasImage   func(reference string) bool
	StartImage func(context.Context, engine.Service) error
	Dial       func(ctx context.Context, address string) (net.Conn, error)
}

// Database is a run's database.
type Database struct {
	// Source says what it is, for the run's log.
	Source string

	address   string // host:port, as highwater or, inside, as the run's network sees it
	inside    bool   // it stands on the run's network
	config    *pgx.ConnConfig
	url       *url.URL
	installed *installed
	owned     string // a database of a server that is not ours
}

// Open finds or starts the database and fills it.
func Open(ctx context.Context, spec Spec) (_ *Database, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(spec.Service.Ready))
	defer cancel()
	d, err := find(ctx, spec)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	conn, err := d.await(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to database (%s): %w", d.Source, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, spec.Setup); err != nil {
		return nil, fmt.Errorf("set up database (%s): %w", d.Source, err)
	}
	return d, nil
}

const awaitEvery = 50 * time.Millisecond

// await connects as soon as the database accepts that.
func (d *Database) await(ctx context.Context) (*pgx.Conn, error) {
	for {
		conn, err := pgx.ConnectConfig(ctx, d.config)
		if err == nil {
			return conn, nil
		}
		if d.installed != nil {
			select {
			case <-d.installed.ended:
				return nil, fmt.Errorf("it ended at once:\n%s", strings.TrimSpace(d.installed.output.String()))
			default:
			}
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(awaitEvery):
		}
	}
}

// Inside says whether the program can reach the database on its own network, without
// a relay.
func (d *Database) Inside() bool { return d.inside }

// Dial connects to the database's server, for the relay.
func (d *Database) Dial(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	if d.installed != nil { // its buffers are a twentieth of TCP's on loopback: less is hidden in them
		return dialer.DialContext(ctx, "unix", d.installed.socket())
	}
	if strings.HasPrefix(d.config.Host, "/") {
		return dialer.DialContext(ctx, "unix", fmt.Sprintf("%s/.s.PGSQL.%d", d.config.Host, d.config.Port))
	}
	return dialer.DialContext(ctx, "tcp", d.address)
}

// URL is the database as a program sees it at an address; empty: where it is.
func (d *Database) URL(at string) string {
	seen := *d.url
	if at != "" {
		seen.Host = at
	}
	return seen.String()
}

// Address is its host:port as a program sees it at an address; empty: where it is.
func (d *Database) Address(at string) string { return cmp.Or(at, d.address) }

// dropWithin bounds the removal of a database, also after Ctrl-C.
const dropWithin = 10 * time.Second

// Close removes the database and ends a server that was started for it.
func (d *Database) Close() error {
	if d.installed != nil {
		return d.installed.Close()
	}
	if d.owned == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), dropWithin)
	defer cancel()
	conn, err := pgx.Connect(ctx, os.Getenv(EnvDatabase))
	if err != nil {
		return fmt.Errorf("remove database %s: %w", d.owned, err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "DROP DATABASE "+pgx.Identifier{d.owned}.Sanitize()+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("remove database %s: %w", d.owned, err)
	}
	return nil
}
