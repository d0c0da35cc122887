// The bridge carries the events of a subscription to a collector.
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

// subscription hands out the events that a broker sends.
type subscription struct {
	lines *bufio.Reader
	flow  sync.Mutex // held while paused
}

// Next waits for an event, which is valid until the next one is asked for.
func (s *subscription) Next() ([]byte, error) {
	s.flow.Lock()
	defer s.flow.Unlock()
	return s.lines.ReadSlice('\n')
}

// OnEvent calls handle with every event, until there are no more.
func (s *subscription) OnEvent(handle func(event []byte)) error {
	event, err := s.Next()
	for ; err == nil; event, err = s.Next() {
		handle(event)
	}
	return err
}

// Pause holds back events from the next one on, until Resume.
func (s *subscription) Pause()  { s.flow.Lock() }
func (s *subscription) Resume() { s.flow.Unlock() }

// outbox keeps events until they were sent.
type outbox struct {
	sync.Cond
	events [][]byte
}

// add keeps a copy of the event.
func (o *outbox) add(event []byte) {
	o.L.Lock()
	defer o.L.Unlock()
	o.events = append(o.events, bytes.Clone(event))
	o.Broadcast()
}

// waitBelow waits until fewer events than that are kept.
func (o *outbox) waitBelow(events int) {
	o.L.Lock()
	defer o.L.Unlock()
	for len(o.events) >= events {
		o.Wait()
	}
}

func (o *outbox) sendTo(collector io.Writer) {
	o.L.Lock()
	defer o.L.Unlock()
	for {
		for len(o.events) == 0 {
			o.Wait()
		}
		event := o.events[0]
		o.L.Unlock()
		if _, err := collector.Write(event); err != nil {
			log.Fatal("send events: ", err)
		}
		o.L.Lock()
		o.events = o.events[1:]
		o.Broadcast()
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
	source := &subscription{lines: bufio.NewReaderSize(dial("HIGHWATER_SOURCE"), 64<<10)}
	collector := dial("HIGHWATER_SINK")
	out := &outbox{Cond: sync.Cond{L: new(sync.Mutex)}}
	go out.sendTo(collector)
	if err := source.OnEvent(out.add); err != io.EOF {
		log.Fatal("receive events: ", err)
	}
	out.waitBelow(1)
	collector.Close()
}
