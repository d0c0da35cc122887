// The service serves the rows of a feed, and lists what each client got.
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
)

const excerptSize = 4 << 10 // bytes

// client is what the list shows of one client.
type client struct {
	rows   int
	newest [excerptSize]byte // the row that was sent last, or its beginning
}

// clients are those that use the service, by address.
type clients struct {
	mu   sync.Mutex
	seen map[string]*client
}

// note remembers that the client got the row.
func (cs *clients) note(address string, row []byte) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c := cs.seen[address]
	if c == nil {
		c = new(client)
		cs.seen[address] = c
	}
	c.rows++
	copy(c.newest[:], row)
}

// forget removes a client that has everything.
func (cs *clients) forget(address string) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.seen, address)
}

func (cs *clients) export(w http.ResponseWriter, r *http.Request) {
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer feed.Close()
	defer cs.forget(r.RemoteAddr)
	in := bufio.NewReader(feed)
	row, err := in.ReadSlice('\n')
	for ; err == nil; row, err = in.ReadSlice('\n') {
		if _, err := w.Write(row); err != nil {
			return
		}
		cs.note(r.RemoteAddr, row)
	}
	if err != io.EOF {
		log.Print("read rows: ", err)
		panic(http.ErrAbortHandler) // the client must not take a part for the whole
	}
}

func (cs *clients) list(w http.ResponseWriter, _ *http.Request) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for address, c := range cs.seen {
		fmt.Fprintf(w, "%s: %d rows, the newest is %.40s\n", address, c.rows, c.newest[:])
	}
}

func main() {
	cs := &clients{seen: map[string]*client{}}
	http.HandleFunc("GET /export", cs.export)
	http.HandleFunc("GET /clients", cs.list)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
