// The service serves the rows of a feed as a CSV download.
package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

// rowsAhead is how far reading may be ahead of sending.
const rowsAhead = 50_000

// table hands rows from the goroutine that reads them to the one that sends them.
type table struct {
	rows chan []byte
	err  error // why there are no more, once rows is closed
}

func (t *table) readFrom(ctx context.Context, feed io.Reader) {
	defer close(t.rows)
	lines := bufio.NewReaderSize(feed, 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			t.err = err
			return
		}
		select {
		case t.rows <- bytes.Clone(line):
		case <-ctx.Done():
			t.err = ctx.Err()
			return
		}
	}
}

func (t *table) sendTo(client io.Writer) error {
	out := bufio.NewWriterSize(client, 64<<10)
	for row := range t.rows {
		if _, err := out.Write(row); err != nil {
			return err
		}
	}
	if t.err != io.EOF {
		return t.err
	}
	return out.Flush()
}

func export(w http.ResponseWriter, r *http.Request) {
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer feed.Close()
	t := &table{rows: make(chan []byte, rowsAhead)}
	go t.readFrom(r.Context(), feed)
	w.Header().Set("Content-Type", "text/csv")
	if err := t.sendTo(w); err != nil {
		log.Print("export: ", err)
		panic(http.ErrAbortHandler) // the client must not take a part for the whole
	}
}

func main() {
	http.HandleFunc("GET /export", export)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
