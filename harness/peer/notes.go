package peer

import (
	"log"
	"sync/atomic"
)

// notes is what the peer tells people: on standard error, and no more than a few, for
// a thousand connections fail alike.
type notes struct{ told atomic.Int64 }

const maxNotes = 20

func (n *notes) add(err error) {
	switch told := n.told.Add(1); {
	case told <= maxNotes:
		log.Printf("highwater peer: %v", err)
	case told == maxNotes+1:
		log.Print("highwater peer: more errors follow and are counted only")
	}
}
