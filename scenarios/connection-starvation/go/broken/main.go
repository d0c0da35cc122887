// The service lets its users download their orders, straight from the database.
package main

import (
	"bufio"
	"database/sql"
	"log"
	"net/http"
	"os"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// connections is what the database's administrator allows this service.
const connections = 20

type service struct{ orders, health *sql.DB }

// open returns a pool of at most so many connections.
func open(most int) *sql.DB {
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	return db
}

// export answers with all orders, a line each.
func (s *service) export(w http.ResponseWriter, r *http.Request) {
	rows, err := s.orders.QueryContext(r.Context(), "SELECT line FROM orders")
	if err != nil {
		http.Error(w, "no orders now", http.StatusServiceUnavailable)
		return
	}
	defer rows.Close()
	out := bufio.NewWriter(w)
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			break
		}
		if _, err := out.WriteString(line + "\n"); err != nil {
			break
		}
	}
	if rows.Err() != nil || out.Flush() != nil {
		panic(http.ErrAbortHandler) // half a file must not look like a whole one
	}
}

// healthz says whether the service can work: whether its database answers.
func (s *service) healthz(w http.ResponseWriter, r *http.Request) {
	var one int
	if err := s.health.QueryRowContext(r.Context(), "SELECT 1").Scan(&one); err != nil {
		http.Error(w, "no database", http.StatusServiceUnavailable)
	}
}

func main() {
	pool := open(connections)
	s := &service{orders: pool, health: pool}
	http.HandleFunc("GET /export", s.export)
	http.HandleFunc("GET /healthz", s.healthz)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
