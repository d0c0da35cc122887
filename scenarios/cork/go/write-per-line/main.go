// The exporter copies rows from a feed to a collector.
package main

import (
	"bufio"
	"io"
	"log"
	"net"
	"os"
)

// sender hands rows to the collector.
type sender struct {
	collector net.Conn
}

// Send sends a row. The row is the caller's again afterwards.
func (s *sender) Send(row []byte) error {
	_, err := s.collector.Write(row)
	return err
}

// Close sends what is left and says goodbye.
func (s *sender) Close() error {
	return s.collector.Close()
}

func main() {
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		log.Fatal(err)
	}
	collector, err := net.Dial("tcp", os.Getenv("HIGHWATER_SINK"))
	if err != nil {
		log.Fatal(err)
	}
	s := &sender{collector: collector}
	rows := bufio.NewReaderSize(feed, 64<<10)
	row, err := rows.ReadSlice('\n')
	for ; err == nil; row, err = rows.ReadSlice('\n') {
		if err := s.Send(row); err != nil {
			log.Fatal("send row: ", err)
		}
	}
	if err != io.EOF {
		log.Fatal("read rows: ", err)
	}
	if err := s.Close(); err != nil {
		log.Fatal("send the last rows: ", err)
	}
}
