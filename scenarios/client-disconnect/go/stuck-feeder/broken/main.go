// The service serves the rows of a feed as a download.
package main

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

const rowsAhead = 64

// export is one download: a feed, and its rows on their way to the client.
type export struct {
	feed net.Conn
	rows chan []byte
	err  error // why the rows ended; valid once rows is closed
}

// read fills the channel until the feed ends.
func (e *export) read() {
	defer e.feed.Close()
	defer close(e.rows)
	in := bufio.NewReaderSize(e.feed, 64<<10)
	for {
		row, err := in.ReadSlice('\n')
		if err != nil {
			e.err = err
			return
		}
		e.rows <- bytes.Clone(row)
	}
}

func serve(w http.ResponseWriter, r *http.Request) {
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	e := &export{feed: feed, rows: make(chan []byte, rowsAhead)}
	go e.read()
	w.Header().Set("Content-Type", "text/csv")
	for row := range e.rows {
		if _, err := w.Write(row); err != nil {
			log.Print("send rows: ", err)
			return
		}
	}
	if e.err != io.EOF {
		log.Print("read rows: ", e.err)
		panic(http.ErrAbortHandler) // the client must not take a part for the whole
	}
}

func main() {
	http.HandleFunc("GET /export", serve)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
