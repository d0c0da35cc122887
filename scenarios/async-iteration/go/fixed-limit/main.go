// The relay forwards the rows of a feed to a collector.
package main

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"net"
	"os"
	"sync"
)

// relay sends rows to a collector that may be slow to answer.
type relay struct {
	collector net.Conn
	sends     sync.WaitGroup
	slots     chan struct{} // one for each send that may be under way
}

func (r *relay) send(row []byte) {
	if _, err := r.collector.Write(row); err != nil {
		log.Fatal("send row: ", err)
	}
}

// forward reads rows until the end of the feed, and returns when all were sent.
func (r *relay) forward(feed io.Reader) error {
	defer r.sends.Wait()
	rows := bufio.NewReaderSize(feed, 64<<10)
	for {
		line, err := rows.ReadSlice('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		row := bytes.Clone(line) // the next read overwrites line
		r.slots <- struct{}{}
		r.sends.Add(1)
		go func() {
			defer r.sends.Done()
			r.send(row)
			<-r.slots
		}()
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
	r := &relay{collector: collector, slots: make(chan struct{}, 64)}
	if err := r.forward(feed); err != nil {
		log.Fatal("forward rows: ", err)
	}
	collector.Close()
}
