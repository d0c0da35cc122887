// The relay forwards the rows of a feed to a collector.
package main

import (
	"bufio"
	"io"
	"log"
	"net"
	"os"
)

// relay sends rows to a collector that may be slow to answer.
type relay struct {
	collector net.Conn
}

func (r *relay) send(row []byte) {
	if _, err := r.collector.Write(row); err != nil {
		log.Fatal("send row: ", err)
	}
}

// forward reads rows until the end of the feed, and returns when all were sent.
func (r *relay) forward(feed io.Reader) error {
	rows := bufio.NewReaderSize(feed, 64<<10)
	for {
		line, err := rows.ReadSlice('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		r.send(line)
	}
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
	r := &relay{collector: collector}
	if err := r.forward(feed); err != nil {
		log.Fatal("forward rows: ", err)
	}
	collector.Close()
}
