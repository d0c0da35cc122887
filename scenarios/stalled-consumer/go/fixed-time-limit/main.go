// The service serves the rows of a feed as a download.
package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	batchSize = 1 << 20 // bytes
	timeLimit = 250 * time.Millisecond
)

// sendBatches copies the feed to the client, whole rows at a time.
func sendBatches(w http.ResponseWriter, feed io.Reader) error {
	batch := make([]byte, batchSize)
	kept := 0 // bytes of a row that is not complete
	for {
		n, err := io.ReadFull(feed, batch[kept:])
		filled := batch[:kept+n]
		whole := bytes.LastIndexByte(filled, '\n') + 1
		if _, err := w.Write(filled[:whole]); err != nil {
			return err
		}
		kept = copy(batch, filled[whole:])
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func export(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), timeLimit)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		http.NewResponseController(w).SetWriteDeadline(time.Now())
	})()
	var dialer net.Dialer
	feed, err := dialer.DialContext(ctx, "tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer feed.Close()
	w.Header().Set("Content-Type", "text/csv")
	if err := sendBatches(w, feed); err != nil {
		log.Print("export: ", err)
		panic(http.ErrAbortHandler) // the client must not take a part for the whole
	}
}

func main() {
	http.HandleFunc("GET /export", export)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
