// The archiver reads a table page by page and writes it to a store.
package main

import (
	"bufio"
	"io"
	"log"
	"net"
	"os"
	"sync"
)

const pageRows = 1000

// cursor reads a page ahead, so that nobody waits for the database.
type cursor struct {
	sync.Cond
	lines *bufio.Reader
	pages []net.Buffers // fetched and not yet asked for
	err   error         // why there will be no more
}

func (c *cursor) prefetch() {
	for c.fetch() {
	}
}

// fetch gets another page, and says whether there may be more.
func (c *cursor) fetch() bool {
	page := make(net.Buffers, 0, pageRows)
	line, err := c.lines.ReadBytes('\n')
	for ; err == nil; line, err = c.lines.ReadBytes('\n') {
		page = append(page, line)
		if len(page) == pageRows {
			break
		}
	}
	c.L.Lock()
	defer c.L.Unlock()
	for len(c.pages) > 0 {
		c.Wait()
	}
	c.pages, c.err = append(c.pages, page), err
	c.Broadcast()
	return err == nil
}

// next returns the page after the last one, or why there is none.
func (c *cursor) next() (net.Buffers, error) {
	c.L.Lock()
	defer c.L.Unlock()
	for len(c.pages) == 0 && c.err == nil {
		c.Wait()
	}
	if len(c.pages) == 0 {
		return nil, c.err
	}
	page := c.pages[0]
	c.pages = c.pages[1:]
	c.Broadcast()
	return page, nil
}

func main() {
	database, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		log.Fatal(err)
	}
	store, err := net.Dial("tcp", os.Getenv("HIGHWATER_SINK"))
	if err != nil {
		log.Fatal(err)
	}
	table := &cursor{Cond: sync.Cond{L: new(sync.Mutex)}, lines: bufio.NewReaderSize(database, 64<<10)}
	go table.prefetch()
	page, err := table.next()
	for ; err == nil; page, err = table.next() {
		if _, err := page.WriteTo(store); err != nil {
			log.Fatal("write rows: ", err)
		}
	}
	if err != io.EOF {
		log.Fatal("read rows: ", err)
	}
	store.Close()
}
