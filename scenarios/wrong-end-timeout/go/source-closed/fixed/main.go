// The service serves the rows of a feed as a download, for a second at most.
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
	"time"
)

const timeLimit = time.Second

// readRows passes on the rows of the feed. It closes the feed after the time limit.
func readRows(ctx context.Context, feed net.Conn, rows chan<- []byte) {
	defer feed.Close()
	defer close(rows)
	defer context.AfterFunc(ctx, func() { feed.Close() })()
	in := bufio.NewReaderSize(feed, 64<<10)
	for {
		row, err := in.ReadSlice('\n')
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Print("read rows: ", err)
			return
		}
		select {
		case rows <- bytes.Clone(row):
		case <-ctx.Done():
			return
		}
	}
}

func sendRows(ctx context.Context, w http.ResponseWriter, rows <-chan []byte) error {
	client := http.NewResponseController(w)
	for row := range rows {
		if _, err := w.Write(row); err != nil {
			return err
		}
		if err := client.Flush(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func export(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), timeLimit)
	defer cancel()
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	rows := make(chan []byte, 16)
	go readRows(ctx, feed, rows)
	if err := sendRows(ctx, w, rows); err != nil {
		log.Print("send rows: ", err)
		panic(http.ErrAbortHandler) // the client must not take a part for the whole
	}
}

func main() {
	http.HandleFunc("GET /export", export)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
