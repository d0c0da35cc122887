// The replicator copies shards to a mirror, each over a connection of its own.
package main

import (
	"bufio"
	"io"
	"log"
	"net"
	"os"
	"sync"
)

const (
	shards    = 400
	rowsAhead = 8 // that a shard reads ahead of its mirror
)

// gauge counts the bytes of all rows that were read and not yet written.
type gauge struct {
	sync.Cond
	bytes, most int
}

var waiting = gauge{Cond: sync.Cond{L: new(sync.Mutex)}}

func (g *gauge) add(bytes int) {
	g.L.Lock()
	defer g.L.Unlock()
	g.bytes += bytes
	g.most = max(g.most, g.bytes)
	g.Broadcast()
}

func readRows(source io.Reader, rows chan<- []byte) {
	defer close(rows)
	lines := bufio.NewReaderSize(source, 16<<10)
	for {
		row := make([]byte, 0, 48<<10) // is room for almost any
		part, err := lines.ReadSlice('\n')
		for ; err == bufio.ErrBufferFull; part, err = lines.ReadSlice('\n') {
			row = append(row, part...)
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal("read rows: ", err)
		}
		row = append(row, part...)
		waiting.add(len(row))
		rows <- row
	}
}

func copyShard(all *sync.WaitGroup, mirror io.WriteCloser, source io.Reader) {
	defer all.Done()
	rows := make(chan []byte, rowsAhead)
	go readRows(source, rows)
	for row := range rows {
		if _, err := mirror.Write(row); err != nil {
			log.Fatal("write rows: ", err)
		}
		waiting.add(-len(row))
	}
	mirror.Close()
}

func dial(variable string) net.Conn {
	conn, err := net.Dial("tcp", os.Getenv(variable))
	if err != nil {
		log.Fatal(err)
	}
	conn.(*net.TCPConn).SetReadBuffer(64 << 10) // there are many
	conn.(*net.TCPConn).SetWriteBuffer(64 << 10)
	return conn
}

func main() {
	var all sync.WaitGroup
	for range shards {
		source, mirror := dial("HIGHWATER_SOURCE"), dial("HIGHWATER_SINK")
		all.Add(1)
		go copyShard(&all, mirror, source)
	}
	all.Wait()
	log.Print("at most ", waiting.most, " bytes were waiting")
}
