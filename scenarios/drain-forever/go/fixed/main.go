// The service serves the rows of a feed as a download.
package main

import (
	"bufio"
	"bytes"
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
)

const highMark = 1 << 20 // bytes

// queue keeps reading and sending apart, so that rows go out many at a time.
type queue struct {
	mu      sync.Mutex
	rows    net.Buffers
	size    int           // bytes not yet taken
	filled  chan struct{} // there are rows
	drained chan struct{} // there is room again
}

// Write queues a copy of the row. It reports whether there is room for more.
func (q *queue) Write(row []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.rows = append(q.rows, bytes.Clone(row))
	q.size += len(row)
	notify(q.filled)
	return q.size < highMark
}

// Take empties the queue.
func (q *queue) Take() net.Buffers {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.size >= highMark {
		notify(q.drained)
	}
	rows := q.rows
	q.rows, q.size = nil, 0
	return rows
}

// Drain waits until there is room again.
func (q *queue) Drain(ctx context.Context) error {
	select {
	case <-q.drained:
	case <-ctx.Done():
	}
	return ctx.Err()
}

func notify(event chan struct{}) {
	select {
	case event <- struct{}{}:
	default: // it is known already
	}
}

func (q *queue) readFrom(ctx context.Context, feed net.Conn) {
	defer feed.Close()
	defer close(q.filled)
	in := bufio.NewReaderSize(feed, 64<<10)
	for row, err := in.ReadSlice('\n'); err == nil; row, err = in.ReadSlice('\n') {
		if !q.Write(row) && q.Drain(ctx) != nil {
			return
		}
	}
}

func export(w http.ResponseWriter, r *http.Request) {
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	q := &queue{filled: make(chan struct{}, 1), drained: make(chan struct{}, 1)}
	go q.readFrom(r.Context(), feed)
	for range q.filled {
		rows := q.Take()
		if _, err := rows.WriteTo(w); err != nil {
			log.Print("send rows: ", err)
			return
		}
	}
}

func main() {
	http.HandleFunc("GET /export", export)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
