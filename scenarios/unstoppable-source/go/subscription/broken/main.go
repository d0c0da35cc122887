// The service sends the rows of a live feed to everyone who listens.
package main

import (
	"bufio"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
)

// listener is a client and what was not yet sent to it.
type listener struct {
	sync.Mutex
	events net.Buffers
	filled chan struct{} // there are events
}

// push formats a row as an event and queues it.
func (l *listener) push(row []byte) {
	l.Lock()
	defer l.Unlock()
	event := make([]byte, 0, len(row)+len("data: \n"))
	l.events = append(l.events, append(append(append(event, "data: "...), row...), '\n'))
	select {
	case l.filled <- struct{}{}:
	default: // it is known already
	}
}

// take empties the queue.
func (l *listener) take() net.Buffers {
	l.Lock()
	defer l.Unlock()
	events := l.events
	l.events = nil
	return events
}

// hub passes each row to all listeners.
type hub struct {
	sync.Mutex
	listeners map[*listener]bool
}

func (h *hub) subscribe(l *listener, on bool) {
	h.Lock()
	defer h.Unlock()
	if h.listeners[l] = on; !on {
		delete(h.listeners, l)
	}
}

func (h *hub) run(feed net.Conn) {
	in := bufio.NewScanner(feed)
	for in.Scan() {
		h.Lock()
		for l := range h.listeners {
			l.push(in.Bytes())
		}
		h.Unlock()
	}
	log.Fatal("feed ended: ", in.Err())
}

func (h *hub) listen(w http.ResponseWriter, r *http.Request) {
	l := &listener{filled: make(chan struct{}, 1)}
	h.subscribe(l, true)
	for range l.filled {
		events := l.take()
		if _, err := events.WriteTo(w); err != nil {
			log.Print("send events: ", err)
			return
		}
	}
}

func main() {
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		log.Fatal(err)
	}
	h := &hub{listeners: map[*listener]bool{}}
	go h.run(feed)
	http.HandleFunc("GET /events", h.listen)
	log.Fatal(http.ListenAndServe(os.Getenv("HIGHWATER_LISTEN"), nil))
}
