// The service serves the rows of a feed as a CSV download.
package main

import (
	"bufio"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

// sendAtOnce is how many bytes are gathered for one write.
const sendAtOnce = 128 << 20

// send copies the feed, row by row, so that no client ever sees half of one.
func send(client io.Writer, feed io.Reader) error {
	rows := bufio.NewReaderSize(feed, 64<<10)
	out := bufio.NewWriterSize(client, sendAtOnce)
	for {
		row, err := rows.ReadSlice('\n')
		if err == io.EOF {
			return out.Flush()
		}
		if err != nil {
			return err
		}
		if _, err := out.Write(row); err != nil {
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
	w.Header().Set("Content-Type", "text/csv")
	if err := send(w, feed); err != nil {
		log.Print("export: ", err)
		panic(http.ErrAbortHandler) // the client must not take a part for the whole
	}
}

func main() {
	http.HandleFunc("GET /export", export)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
