// The service serves the rows of a feed, each as a line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

const (
	bufferSize = 256 << 10 // bytes
	longest    = 1000      // bytes of a row that the clients accept
)

// fetch copies a feed to the next stage.
func fetch(next *io.PipeWriter) {
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		next.CloseWithError(err)
		return
	}
	defer feed.Close()
	out := bufio.NewWriterSize(next, bufferSize)
	_, err = io.Copy(out, feed)
	if err == nil {
		err = out.Flush()
	}
	next.CloseWithError(err)
}

// convert makes a line of JSON of each row.
func convert(rows *io.PipeReader, next *io.PipeWriter) error {
	in := bufio.NewScanner(rows)
	in.Buffer(make([]byte, 64<<10), 64<<10)
	out := json.NewEncoder(next)
	for in.Scan() {
		if len(in.Bytes()) > longest {
			return fmt.Errorf("row of %d bytes is too long", len(in.Bytes()))
		}
		if err := out.Encode(map[string]string{"row": in.Text()}); err != nil {
			return err
		}
	}
	return in.Err()
}

func export(w http.ResponseWriter, _ *http.Request) {
	rows, fetched := io.Pipe()
	lines, converted := io.Pipe()
	go fetch(fetched)
	go func() {
		converted.CloseWithError(convert(rows, converted))
	}()
	w.Header().Set("Content-Type", "application/x-ndjson")
	if _, err := io.Copy(w, lines); err != nil {
		log.Print("export: ", err)
		panic(http.ErrAbortHandler) // the client must not take a part for the whole
	}
}

func main() {
	http.HandleFunc("GET /export", export)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
