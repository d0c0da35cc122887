package peer

import "sync"

// run is a stretch of rows of one stream, delivered in order and without a gap.
type run struct{ stream, first, count int64 }

// ledger knows which rows were delivered, a bit each. It is shared by all connections
// of the sink: a program may deliver any stream on any of them.
type ledger struct {
	rows    int64        // of each stream; what lies beyond is no row
	streams func() int64 // accepted so far; what lies beyond is no stream

	mu         sync.Mutex
	delivered  []*bitmap // by stream
	distinct   int64
	duplicates int64
	reordered  int64
	reach      int64 // sum over streams of the highest sequence number + 1
}

// bitmap is the ledger's page for one stream; it grows with the highest row.
type bitmap struct {
	words []uint64
	next  int64 // highest + 1
}

// knows says whether the source can have written such a row. It bounds the memory of
// the ledger by what was offered, whatever arrives.
func (l *ledger) knows(stream, seq int64) bool {
	return seq < l.rows && stream < l.streams()
}

// add enters rows, all known.
func (l *ledger) add(runs []run) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range runs {
		for int64(len(l.delivered)) <= r.stream {
			l.delivered = append(l.delivered, &bitmap{})
		}
		l.enter(l.delivered[r.stream], r)
	}
}

func (l *ledger) enter(page *bitmap, r run) {
	last := r.first + r.count - 1
	if missing := int(last>>6) + 1 - len(page.words); missing > 0 {
		page.words = append(page.words, make([]uint64, missing)...)
	}
	for seq := r.first; seq <= last; seq++ {
		word, bit := &page.words[seq>>6], uint64(1)<<(seq&63)
		if *word&bit != 0 {
			l.duplicates++
			continue
		}
		*word |= bit
		l.distinct++
		if seq < page.next {
			l.reordered++
			continue
		}
		l.reach += seq + 1 - page.next
		page.next = seq + 1
	}
}

// tally is the ledger's sums at one moment.
type tally struct{ distinct, duplicates, reordered, holes int64 }

func (l *ledger) sums() tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	return tally{l.distinct, l.duplicates, l.reordered, l.reach - l.distinct}
}
