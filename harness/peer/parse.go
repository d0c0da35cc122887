package peer

import "bytes"

const (
	streamDigits = 10 // at most
	seqDigits    = 18 // at most: an int64 holds them
	checkDigits  = 8  // always
	idSize       = streamDigits + 1 + seqDigits + 1 + checkDigits

	maxRuns = 16 // that a parser gathers before it takes the ledger's lock
)

// parser finds the ids of rows in what one connection delivers, wherever they stand
// and however it is cut into chunks. It jumps from dash to dash, for no payload holds
// one, and hands rows to the ledger in runs, at the end of each chunk at the latest.
type parser struct {
	rows   *rowMaker // nil: there is no source, and nothing is a row
	ledger *ledger

	// joint begins with the end of the chunks before: held bytes, of which those from
	// next on are still to be searched. Behind it the next chunk's beginning has room.
	joint      [2 * idSize]byte
	held, next int

	runs [maxRuns]run
	used int
}

// Write parses a chunk. It never fails, and holds nothing back that could be decided:
// an id ends with the last digit of its check, whatever follows.
func (p *parser) Write(chunk []byte) (int, error) {
	if p.rows != nil {
		p.search(chunk)
		p.flush()
	}
	return len(chunk), nil
}

func (p *parser) search(chunk []byte) {
	added := copy(p.joint[p.held:], chunk)
	text, next := p.joint[:p.held+added], p.next
	next = p.scan(text, next)
	if added < len(chunk) {
		// The joint was full: whatever it left undecided lies in the chunk wholly.
		text, next = chunk, p.scan(chunk, next-p.held)
	}
	start := max(next-streamDigits, 0)
	p.held, p.next = copy(p.joint[:], text[start:]), next-start
}

// scan finds ids by their first dash, from an index on. It returns where to go on: at
// the end, or at a dash behind which too little has come to tell.
func (p *parser) scan(text []byte, from int) int {
	for {
		skip := bytes.IndexByte(text[from:], '-')
		if skip < 0 {
			return len(text)
		}
		dash := from + skip
		from = p.sight(text, dash)
		if from == dash {
			return dash
		}
	}
}

// sight enters the row whose id has its first dash here, if there is one, and returns
// where to search on: the dash itself when more bytes are needed.
func (p *parser) sight(text []byte, dash int) int {
	if dash == 0 || !isDigit(text[dash-1]) {
		return dash + 1
	}
	seq, digits := decimal(text[dash+1:])
	second := dash + 1 + digits
	switch {
	case second == len(text):
		return dash
	case digits == 0 || text[second] != '-':
		return dash + 1
	}
	check, digits := hexadecimal(text[second+1:])
	end := second + 1 + digits
	switch {
	case digits == checkDigits:
		if stream, ok := p.streamBefore(text[max(dash-streamDigits, 0):dash], seq, check); ok {
			p.record(stream, seq)
			return end
		}
	case end == len(text):
		return dash
	}
	return dash + 1
}

// streamBefore finds the stream whose check fits. It is what all the digits before the
// dash say, unless the program put the id behind a digit of its own (%22 is a quote in
// a URL): then fewer of them.
func (p *parser) streamBefore(text []byte, seq int64, check uint32) (stream int64, ok bool) {
	first := len(text)
	for first > 0 && isDigit(text[first-1]) {
		first--
	}
	for ; first < len(text); first++ {
		stream, _ = decimal(text[first:])
		if p.ledger.knows(stream, seq) && p.rows.check(stream, seq, check) {
			return stream, true
		}
	}
	return 0, false
}

// record adds a row to the last run, or begins one.
func (p *parser) record(stream, seq int64) {
	if p.used > 0 {
		last := &p.runs[p.used-1]
		if last.stream == stream && last.first+last.count == seq {
			last.count++
			return
		}
	}
	if p.used == maxRuns {
		p.flush()
	}
	p.runs[p.used] = run{stream: stream, first: seq, count: 1}
	p.used++
}

func (p *parser) flush() {
	if p.used > 0 {
		p.ledger.add(p.runs[:p.used])
	}
	p.used = 0
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// decimal reads the digits that text begins with, as many as a sequence number has.
func decimal(text []byte) (value int64, digits int) {
	for digits < min(len(text), seqDigits) && isDigit(text[digits]) {
		value = value*10 + int64(text[digits]-'0')
		digits++
	}
	return value, digits
}

// hexadecimal reads the digits that text begins with, as many as a check has.
func hexadecimal(text []byte) (value uint32, digits int) {
	for digits < min(len(text), checkDigits) {
		c := text[digits]
		switch {
		case isDigit(c):
			value = value<<4 | uint32(c-'0')
		case c >= 'a' && c <= 'f':
			value = value<<4 | uint32(c-'a'+10)
		default:
			return value, digits
		}
		digits++
	}
	return value, digits
}
