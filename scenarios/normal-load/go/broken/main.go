// The exporter copies rows from a feed to a collector.
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

const highMark = 1 << 20 // bytes

// queue keeps reading and sending apart, so that rows go out many at a time.
type queue struct {
	sync.Cond
	rows net.Buffers
	size int // bytes not yet sent
}

// Write queues a copy of the row. It reports whether there is room for more.
func (q *queue) Write(row []byte) bool {
	q.L.Lock()
	defer q.L.Unlock()
	q.rows = append(q.rows, bytes.Clone(row))
	q.size += len(row)
	q.Broadcast()
	return q.size < highMark
}

// WaitBelow waits until fewer bytes than the mark are left to send.
func (q *queue) WaitBelow(mark int) {
	q.L.Lock()
	defer q.L.Unlock()
	for q.size >= mark {
		q.Wait()
	}
}

func (q *queue) sendTo(collector net.Conn) {
	for {
		q.L.Lock()
		for len(q.rows) == 0 {
			q.Wait()
		}
		batch := q.rows
		q.rows = nil
		q.L.Unlock()
		sent, err := batch.WriteTo(collector)
		if err != nil {
			log.Fatal("send rows: ", err)
		}
		q.L.Lock()
		q.size -= int(sent)
		q.Broadcast()
		q.L.Unlock()
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
	q := &queue{Cond: sync.Cond{L: new(sync.Mutex)}}
	go q.sendTo(collector)
	rows := bufio.NewReaderSize(feed, 64<<10)
	row, err := rows.ReadSlice('\n')
	for ; err == nil; row, err = rows.ReadSlice('\n') {
		q.Write(row)
	}
	if err != io.EOF {
		log.Fatal("read rows: ", err)
	}
	q.WaitBelow(1)
	collector.Close()
}
