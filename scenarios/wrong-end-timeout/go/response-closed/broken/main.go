// The service serves the rows of a feed as a download, for a second at most.
package main

import (
	"bufio"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

const timeLimit = time.Second

// feeds lists the feeds in use, to be closed when the service is stopped.
type feeds struct {
	mu   sync.Mutex
	open map[net.Conn]time.Time
}

func (f *feeds) Open() (net.Conn, error) {
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[feed] = time.Now()
	return feed, nil
}

func (f *feeds) Close(feed net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.open, feed)
	feed.Close()
}

func (f *feeds) export(w http.ResponseWriter, r *http.Request) {
	feed, err := f.Open()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	client := http.NewResponseController(w)
	client.SetWriteDeadline(time.Now().Add(timeLimit))
	in := bufio.NewReaderSize(feed, 64<<10)
	row, err := in.ReadSlice('\n')
	for ; err == nil; row, err = in.ReadSlice('\n') {
		w.Write(row)
		if err := client.Flush(); err != nil {
			log.Print("send rows: ", err)
			panic(http.ErrAbortHandler) // the client must not take a part for the whole
		}
	}
	f.Close(feed)
	if err != io.EOF {
		log.Print("read rows: ", err)
		panic(http.ErrAbortHandler)
	}
}

func main() {
	f := &feeds{open: map[net.Conn]time.Time{}}
	http.HandleFunc("GET /export", f.export)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
