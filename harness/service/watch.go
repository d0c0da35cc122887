package service

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/highwater-dev/highwater/harness"
)

// watchEvery is how often the server is asked: often enough for a pool that empties
// within a second, seldom enough to cost it nothing.
const watchEvery = 200 * time.Millisecond

// asked is what the server knows of everybody else in the run's database.
const asked = `
SELECT count(*), count(*) FILTER (WHERE state = 'active'), count(*) FILTER (WHERE wait_event = 'ClientWrite'),
       coalesce(extract(epoch FROM max(clock_timestamp() - query_start) FILTER (WHERE state <> 'idle')), 0)::float8,
       (SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
         WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND l.granted AND l.locktype <> 'virtualxid')
  FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`

// Watch asks the server over a connection of its own, which no pool can keep from it.
type Watch struct {
	database *Database
	conn     *pgx.Conn
	last     time.Time
}

// Watch begins with the first Sample.
func (d *Database) Watch() *Watch { return &Watch{database: d} }

// Sample adds what the server says, unless it was asked a moment ago.
func (w *Watch) Sample(ctx context.Context) (map[harness.Metric]float64, error) {
	if time.Since(w.last) < watchEvery {
		return nil, nil
	}
	w.last = time.Now()
	if w.conn == nil || w.conn.IsClosed() {
		conn, err := pgx.ConnectConfig(ctx, w.database.config)
		if err != nil {
			return nil, fmt.Errorf("watch database: %w", err)
		}
		w.conn = conn
	}
	var connections, active, writing, locks int64
	var oldest float64
	if err := w.conn.QueryRow(ctx, asked).Scan(&connections, &active, &writing, &oldest, &locks); err != nil {
		return nil, fmt.Errorf("watch database: %w", err)
	}
	return map[harness.Metric]float64{
		harness.DBConnections: float64(connections), harness.DBActive: float64(active), harness.DBClientWrites: float64(writing),
		harness.DBOldestQuery: oldest, harness.DBLocks: float64(locks),
	}, nil
}

// Close ends the connection.
func (w *Watch) Close(ctx context.Context) error {
	if w.conn == nil {
		return nil
	}
	return w.conn.Close(ctx)
}
