package service_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/internal/require/machine"
	"github.com/highwater-dev/highwater/harness/service"
)

func spec(run, setup string) service.Spec {
	return service.Spec{
		Run: run, Setup: setup, HasImage: func(string) bool { return false },
		Service: harness.Service{Name: "database", Postgres: &harness.Postgres{}, Ready: harness.Duration(time.Minute)},
	}
}

// open starts a server of this machine's.
func open(t *testing.T, setup string) *service.Database {
	t.Helper()
	machine.Postgres(t)
	t.Setenv(service.EnvDatabase, "")
	database, err := service.Open(t.Context(), spec("first", setup))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, database.Close()) })
	return database
}

func connect(t *testing.T, to string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), to)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func TestDatabaseIsFilledWatchedAndRemoved(t *testing.T) {
	database := open(t, "CREATE TABLE a AS SELECT generate_series(1, 40000) AS n; CREATE TABLE b (n int);")
	conn := connect(t, database.URL(""))
	watch := database.Watch()
	defer func() { assert.NoError(t, watch.Close(context.Background())) }()
	// A result of which nobody reads more than the first rows.
	rows, err := conn.Query(t.Context(), "SELECT repeat('x', 1000) FROM a")
	require.NoError(t, err)
	require.True(t, rows.Next())
	require.Eventually(t, func() bool {
		values, err := watch.Sample(t.Context())
		require.NoError(t, err)
		return values[harness.DBConnections] == 1 && values[harness.DBActive] == 1 && values[harness.DBClientWrites] == 1 &&
			values[harness.DBLocks] >= 1 && values[harness.DBOldestQuery] > 0
	}, 10*time.Second, 50*time.Millisecond)
	address, err := url.Parse(database.URL("peer:7003"))
	require.NoError(t, err)
	assert.Equal(t, "peer:7003", address.Host)
	assert.False(t, database.Inside())
}

func TestBrokenSetupIsTold(t *testing.T) {
	machine.Postgres(t)
	t.Setenv(service.EnvDatabase, "")
	before := scratches(t)
	_, err := service.Open(t.Context(), spec("first", "CREATE TABEL a;"))
	assert.ErrorContains(t, err, "set up database")
	assert.ErrorContains(t, err, "TABEL")
	assert.Equal(t, before, scratches(t), "nothing is left")
}

func scratches(t *testing.T) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(os.TempDir(), "highwater-scratch-*"))
	require.NoError(t, err)
	return len(found)
}

// In somebody's server a run has a database of its own, which goes with it.
func TestDatabaseOfSomebodysServer(t *testing.T) {
	server := open(t, "CREATE TABLE theirs (n int);")
	t.Setenv(service.EnvDatabase, server.URL(""))
	database, err := service.Open(t.Context(), spec("second", "CREATE TABLE ours (n int);"))
	require.NoError(t, err)
	theirs := connect(t, server.URL(""))
	tables := func(of string) (names []string) {
		rows, err := connect(t, of).Query(t.Context(), "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
		require.NoError(t, err)
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return names
	}
	assert.Equal(t, []string{"ours"}, tables(database.URL("")))
	assert.Equal(t, []string{"theirs"}, tables(server.URL("")))
	require.NoError(t, database.Close())
	var left int
	require.NoError(t, theirs.QueryRow(t.Context(), "SELECT count(*) FROM pg_database WHERE datname LIKE 'highwater_%'").Scan(&left))
	assert.Zero(t, left)
}

func TestUnreadableURLIsNotShown(t *testing.T) {
	t.Setenv(service.EnvDatabase, "postgres://me:sesame@host:port/x")
	_, err := service.Open(t.Context(), spec("first", ""))
	require.ErrorContains(t, err, "DATABASE_URL")
	assert.NotContains(t, err.Error(), "sesame")
}

// What a killed highwater left is ended by what the server has noted of itself.
func TestEndLeft(t *testing.T) {
	database := open(t, "")
	var data string
	require.NoError(t, connect(t, database.URL("")).QueryRow(t.Context(), "SHOW data_directory").Scan(&data))
	require.NoError(t, service.EndLeft(filepath.Dir(data)))
	_, err := pgx.Connect(t.Context(), database.URL(""))
	assert.Error(t, err)
	assert.NoError(t, service.EndLeft(filepath.Dir(data)), "once is enough")
	assert.NoError(t, service.EndLeft(t.TempDir()), "no server")
}
