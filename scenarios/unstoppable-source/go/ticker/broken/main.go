// The service sends the rows of a live feed, and how far it is every 100 ms.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	beat      = 100 * time.Millisecond
	chunkSize = 512 << 10 // bytes
)

// stream is a response that is written to by rows and by heartbeats.
type stream struct {
	sync.Mutex
	out  *bufio.Writer
	rows int
}

func (s *stream) send(row []byte) error {
	s.Lock()
	defer s.Unlock()
	s.rows++
	s.out.Write(row)
	return s.out.Flush()
}

// progress tells the client how far its stream is, at each tick.
func (s *stream) progress(ticks <-chan time.Time) {
	for range ticks {
		s.Lock()
		fmt.Fprintf(s.out, "# %d rows\n", s.rows)
		s.Unlock()
	}
}

func (s *stream) copyFrom(feed io.Reader) error {
	in := bufio.NewReader(feed)
	for {
		row, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if err := s.send(row); err != nil {
			return err
		}
	}
}

func serve(w http.ResponseWriter, r *http.Request) {
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer feed.Close()
	s := &stream{out: bufio.NewWriterSize(w, chunkSize)}
	ticker := time.NewTicker(beat)
	go s.progress(ticker.C)
	if err := s.copyFrom(feed); err != io.EOF {
		log.Print("stream: ", err)
		panic(http.ErrAbortHandler) // the client must not take a part for the whole
	}
}

func main() {
	http.HandleFunc("GET /events", serve)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
