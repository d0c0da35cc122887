// The service serves the rows of a feed as a CSV download.
package main

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
)

const highMark = 1 << 20 // bytes

// queue keeps reading and sending apart, so that rows go out many at a time.
type queue struct {
	sync.Cond
	rows [][]byte
	size int   // bytes not yet taken
	end  error // why no more rows come
}

// Write queues a copy of the row. It reports whether there is room for more.
func (q *queue) Write(row []byte) bool {
	q.L.Lock()
	defer q.L.Unlock()
	for q.size >= highMark && q.end == nil {
		q.Wait()
	}
	q.rows = append(q.rows, bytes.Clone(row))
	q.size += len(row)
	q.Broadcast()
	return q.size < highMark
}

// Take returns all queued rows, or why there are no more.
func (q *queue) Take() ([][]byte, error) {
	q.L.Lock()
	defer q.L.Unlock()
	for len(q.rows) == 0 && q.end == nil {
		q.Wait()
	}
	if len(q.rows) == 0 {
		return nil, q.end
	}
	batch := q.rows
	q.rows, q.size = nil, 0
	q.Broadcast()
	return batch, nil
}

// Close says why no more rows come, or that nobody takes them.
func (q *queue) Close(reason error) {
	q.L.Lock()
	defer q.L.Unlock()
	q.end = reason
	q.Broadcast()
}

func (q *queue) readFrom(feed net.Conn) {
	rows := bufio.NewReaderSize(feed, 64<<10)
	row, err := rows.ReadSlice('\n')
	for ; err == nil; row, err = rows.ReadSlice('\n') {
		q.Write(row)
	}
	q.Close(err)
}

func (q *queue) sendTo(client io.Writer) error {
	out := bufio.NewWriterSize(client, 64<<10)
	for {
		batch, err := q.Take()
		if err != nil {
			return err
		}
		for i, row := range batch {
			out.Write(row) // Flush reports the error
			batch[i] = nil
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

func export(w http.ResponseWriter, _ *http.Request) {
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer feed.Close()
	q := &queue{Cond: sync.Cond{L: new(sync.Mutex)}}
	go q.readFrom(feed)
	w.Header().Set("Content-Type", "text/csv")
	err = q.sendTo(w)
	q.Close(err)
	if err != io.EOF {
		log.Print("export: ", err)
		panic(http.ErrAbortHandler) // the client must not take a part for the whole
	}
}

func main() {
	http.HandleFunc("GET /export", export)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
