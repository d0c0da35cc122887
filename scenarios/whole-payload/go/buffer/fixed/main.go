// The service renders the rows of a feed as a CSV download.
package main

import (
	"bufio"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

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
	w.Header().Set("Content-Type", "text/csv")
	if err := render(w, feed); err != nil {
		log.Print("export: ", err)
		panic(http.ErrAbortHandler) // the client must not take a part for the whole
	}
}

func main() {
	http.HandleFunc("GET /export", export)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
