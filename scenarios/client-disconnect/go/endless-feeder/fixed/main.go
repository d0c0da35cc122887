// The service serves the rows of a feed as a download.
package main

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"
)

const readAhead = 1 << 20 // bytes

var rowsServed atomic.Int64

// sendRows copies the feed to the client, a row at a time.
func sendRows(ctx context.Context, w io.Writer, feed io.Reader) error {
	in := bufio.NewReaderSize(feed, readAhead)
	for ctx.Err() == nil {
		row, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		w.Write(row)
		rowsServed.Add(1)
	}
	return ctx.Err()
}

func export(w http.ResponseWriter, r *http.Request) {
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer feed.Close()
	w.Header().Set("Content-Type", "text/csv")
	if err := sendRows(r.Context(), w, feed); err != io.EOF {
		log.Printf("export after %d rows: %v", rowsServed.Load(), err)
		panic(http.ErrAbortHandler) // the client must not take a part for the whole
	}
}

func main() {
	http.HandleFunc("GET /export", export)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
