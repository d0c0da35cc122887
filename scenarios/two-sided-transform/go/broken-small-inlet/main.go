// The enricher adds a column to the rows of a feed, on their way to a collector.
package main

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"net"
	"os"
	"slices"
	"sync"
)

// rowsAhead is how many rows may wait for the stage.
const rowsAhead = 1

// stage works on rows between two goroutines, so that neither has to keep step.
type stage struct {
	in chan []byte
	sync.Cond
	out [][]byte // nil behind the last
}

func (s *stage) run() {
	column := []byte(",eu-west-1\n")
	for row := range s.in {
		s.put(slices.Concat(bytes.TrimSuffix(row, []byte("\n")), column))
	}
	s.put(nil)
}

func (s *stage) put(row []byte) {
	s.L.Lock()
	defer s.L.Unlock()
	s.out = append(s.out, row)
	s.Broadcast()
}

// next waits for a finished row.
func (s *stage) next() []byte {
	s.L.Lock()
	defer s.L.Unlock()
	for len(s.out) == 0 {
		s.Wait()
	}
	row := s.out[0]
	s.out = s.out[1:]
	s.Broadcast()
	return row
}

func (s *stage) sendTo(collector io.WriteCloser) {
	out := bufio.NewWriterSize(collector, 64<<10)
	for row := s.next(); row != nil; row = s.next() {
		out.Write(row) // Flush reports the error
	}
	if err := out.Flush(); err != nil {
		log.Fatal("send rows: ", err)
	}
	collector.Close()
}

func (s *stage) readFrom(feed io.Reader) {
	defer close(s.in)
	rows := bufio.NewReaderSize(feed, 64<<10)
	row, err := rows.ReadBytes('\n')
	for ; err == nil; row, err = rows.ReadBytes('\n') {
		s.in <- row
	}
	if err != io.EOF {
		log.Fatal("read rows: ", err)
	}
}

func dial(variable string) net.Conn {
	conn, err := net.Dial("tcp", os.Getenv(variable))
	if err != nil {
		log.Fatal(err)
	}
	return conn
}

func main() {
	s := &stage{in: make(chan []byte, rowsAhead), Cond: sync.Cond{L: new(sync.Mutex)}}
	feed, collector := dial("HIGHWATER_SOURCE"), dial("HIGHWATER_SINK")
	go s.readFrom(feed)
	go s.run()
	s.sendTo(collector)
}
