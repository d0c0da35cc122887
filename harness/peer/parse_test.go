package peer

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

const testStreams = 3

func testSource(rows int64) harness.Source {
	return harness.Source{Rows: rows, Row: harness.RowSize{Min: harness.MinRow, Max: 200}, Seed: 42}
}

func testParser(source harness.Source) *parser {
	return &parser{rows: newRowMaker(source), ledger: testLedger(source)}
}

func testLedger(source harness.Source) *ledger {
	return &ledger{rows: source.Rows, streams: func() int64 { return testStreams }}
}

// parse feeds text in chunks of a size and returns what the ledger knows at its end.
func parse(source harness.Source, text []byte, chunk int) *ledger {
	p := &parser{rows: &rowMaker{seed: source.Seed}, ledger: testLedger(source)} // reading needs no payloads
	for len(text) > 0 {
		n := min(chunk, len(text))
		_, _ = p.Write(text[:n])
		text = text[n:]
	}
	return p.ledger
}

func (l *ledger) has(stream, seq int64) bool {
	if stream >= int64(len(l.delivered)) {
		return false
	}
	words := l.delivered[stream].words
	return seq>>6 < int64(len(words)) && words[seq>>6]>>(seq&63)&1 == 1
}

func idOf(maker *rowMaker, stream, seq int64) string {
	id, _, _ := strings.Cut(string(maker.append(nil, stream, seq)), ",")
	return id
}

func TestParser(t *testing.T) {
	source := testSource(100)
	maker := newRowMaker(source)
	row := func(stream, seq int64) string { return string(maker.append(nil, stream, seq)) }
	id := func(stream, seq int64) string { return idOf(maker, stream, seq) }
	wrongCheck := []byte(row(0, 0))
	wrongCheck[len("0-0-")] ^= 1

	for _, test := range []struct {
		name, text string
		want       tally
	}{
		{"nothing", "", tally{}},
		{"in order", row(0, 0) + row(0, 1) + row(0, 2), tally{distinct: 3}},
		{"streams mixed", row(0, 0) + row(2, 0) + row(0, 1) + row(2, 1), tally{distinct: 4}},
		{"a hole", row(0, 0) + row(0, 2), tally{distinct: 2, holes: 1}},
		{"the first missing", row(1, 70), tally{distinct: 1, holes: 70}},
		{"doubled", row(0, 0) + row(0, 0) + row(0, 1), tally{distinct: 2, duplicates: 1}},
		{"out of order", row(0, 1) + row(0, 0), tally{distinct: 2, reordered: 1}},
		{"doubled below the highest is not reordered", row(0, 0) + row(0, 1) + row(0, 0), tally{distinct: 2, duplicates: 1}},
		{"twice in its line", "sent " + id(0, 0) + ": " + row(0, 0), tally{distinct: 1, duplicates: 1}},
		{"quoted", `"` + id(0, 0) + `","more"` + "\n", tally{distinct: 1}},
		{"in a JSON array, all in one line", arrayOf(maker, 100), tally{distinct: 100}},
		{"in a later column", "2026-11-23T16:08:09-07:00,+49-30-1234567," + row(0, 0), tally{distinct: 1}},
		{"behind a UUID", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6;12345678-1234-4123-8123-123456789012;" + row(0, 0), tally{distinct: 1}},
		{"behind dashes", strings.Repeat("-", 99) + id(0, 0) + strings.Repeat("-", 99), tally{distinct: 1}},
		{"behind letters", `["` + id(0, 0) + `\n` + id(0, 1) + `\t"]`, tally{distinct: 2}},
		{"behind digits", "%22" + id(0, 0) + "%22" + id(2, 10) + strings.Repeat("1", 40) + id(1, 99), tally{distinct: 3, holes: 10 + 99}},
		{"without anything between", id(0, 0) + id(0, 1) + id(0, 2), tally{distinct: 3}},
		{"behind a number like its own", "0-0-" + id(0, 0), tally{distinct: 1}},
		{"carriage returns", strings.ReplaceAll(row(0, 0), "\n", "\r\n"), tally{distinct: 1}},
		{"the id ends it all", row(0, 0) + id(0, 1), tally{distinct: 2}},
		{"an id cut short", id(0, 0)[:len(id(0, 0))-1], tally{}},
		{"an id cut in two", id(0, 0)[:5] + "\n" + id(0, 0)[5:], tally{}},
		{"wrong check", string(wrongCheck), tally{}},
		{"upper case", strings.ToUpper(row(0, 0)), tally{}},
		{"beyond the last row", row(0, 100), tally{}},
		{"beyond the last stream", row(testStreams, 0), tally{}},
		{"numbers beyond all bounds", strings.Repeat("9", 40) + "-0-00000000\n0-" + strings.Repeat("9", 40) + "-00000000\n", tally{}},
		{"a huge line", strings.Repeat("x", 1<<20) + "," + row(0, 0), tally{distinct: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, chunk := range []int{1, 7, idSize - 1, idSize, idSize + 1, 2 * idSize, 1 << 30} {
				assert.Equal(t, test.want, parse(source, []byte(test.text), chunk).sums(), "chunks of %d bytes", chunk)
			}
		})
	}
}

// arrayOf is a line with so many rows of stream 0, as a batching program writes it.
func arrayOf(maker *rowMaker, count int64) string {
	objects := make([]string, count)
	for seq := range count {
		id, payload, _ := strings.Cut(strings.TrimSuffix(string(maker.append(nil, 0, seq)), "\n"), ",")
		objects[seq] = fmt.Sprintf(`{"id":"%s","text":"%s"}`, id, payload)
	}
	return "[" + strings.Join(objects, ",") + "]\n"
}

// The longest numbers there can be and the shortest, and two cuts at any of their bytes.
func TestParserJoinsIdsCutAnywhere(t *testing.T) {
	maker := newRowMaker(testSource(1))
	for _, want := range []run{{0, 0, 1}, {9_999_999_999, 999_999_999_999_999_998, 1}} {
		text := []byte("2026-11-23 " + idOf(maker, want.stream, want.first) + "," + strings.Repeat("x", 2*idSize))
		for first := range text {
			for second := first; second <= len(text); second++ {
				p := &parser{rows: maker, ledger: &ledger{rows: math.MaxInt64, streams: func() int64 { return math.MaxInt64 }}}
				for _, chunk := range [][]byte{text[:first], text[first:second], text[second:]} {
					p.search(chunk) // the ledger has no memory for such rows
				}
				require.Equal(t, []run{want}, p.runs[:p.used], "cut at %d and %d", first, second)
			}
		}
	}
}

func TestParserWithoutSourceKnowsNoRows(t *testing.T) {
	p := testParser(testSource(10))
	text := p.rows.append(nil, 0, 0)
	p.rows = nil
	_, _ = p.Write(text)
	require.Zero(t, p.ledger.sums())
}

func TestParserDoesNotAllocatePerRow(t *testing.T) {
	p := testParser(testSource(1000))
	text := manyRows(p.rows, 1000)
	_, _ = p.Write(text) // the ledger's page is there now
	require.Zero(t, testing.AllocsPerRun(10, func() { _, _ = p.Write(text) }))
}

func TestLedgerIsBoundedByWhatWasOffered(t *testing.T) {
	source := testSource(1 << 40)
	p := testParser(source)
	for seq := int64(1 << 41); seq < 1<<41+64; seq++ {
		_, _ = p.Write(p.rows.append(nil, 1<<33, seq))
		_, _ = p.Write(p.rows.append(nil, 0, seq))
	}
	require.Zero(t, p.ledger.sums())
	require.Empty(t, p.ledger.delivered)
}

func manyRows(maker *rowMaker, count int64) (text []byte) {
	for seq := range count {
		text = maker.append(text, 0, seq)
	}
	return text
}

// However it is cut, the same rows are found; and a row is found whatever stands
// around its id.
func FuzzParser(f *testing.F) {
	source := testSource(100)
	maker := newRowMaker(source)
	f.Add([]byte{}, []byte{}, uint8(0), uint8(3))
	f.Add(manyRows(maker, 5), []byte("12,more\n"), uint8(7), uint8(3))
	f.Add([]byte("0-0-\n[\"1-2-abcdef01"), []byte("-1"), uint8(99), uint8(1))
	f.Add([]byte(idOf(maker, 2, 9)[:10]), []byte(arrayOf(maker, 3)), uint8(12), uint8(60))
	f.Fuzz(func(t *testing.T, before, after []byte, seq, chunk uint8) {
		seq %= 100
		text := slices.Concat(before, []byte(idOf(maker, 2, int64(seq))), after)
		whole := parse(source, text, len(text))
		require.Equal(t, whole.sums(), parse(source, text, int(chunk)+1).sums())
		require.True(t, whole.has(2, int64(seq)))
		require.LessOrEqual(t, whole.reach, source.Rows*testStreams)
	})
}

func BenchmarkParse(b *testing.B) {
	for _, size := range []harness.Bytes{48, 200, 700, 1 << 10} {
		b.Run(fmt.Sprintf("row=%d", size), func(b *testing.B) {
			source := harness.Source{Rows: 1 << 20, Row: harness.RowSize{Min: size, Max: size}}
			p := testParser(source)
			text := manyRows(p.rows, int64(fullBuffer/size))
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				_, _ = p.Write(text)
			}
		})
	}
}
