// The service renders the rows of a feed as a CSV download.
package main

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
)

// largestPage is what the largest export was found to need, with some to spare.
const largestPage = 184 << 20

// render writes the feed's rows to page, behind a heading.
func render(page io.Writer, feed io.Reader) error {
	if _, err := io.WriteString(page, "id,payload\n"); err != nil {
		return err
	}
	rows := bufio.NewReaderSize(feed, 64<<10)
	for {
		row, err := rows.ReadSlice('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := page.Write(row); err != nil {
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
	page := bytes.NewBuffer(make([]byte, 0, largestPage))
	if err := render(page, feed); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "text/csv")
	w.Header().Set("Content-Length", strconv.Itoa(page.Len()))
	if _, err := page.WriteTo(w); err != nil {
		log.Print("export: ", err)
	}
}

func main() {
	http.HandleFunc("GET /export", export)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
