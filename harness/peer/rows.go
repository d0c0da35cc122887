package peer

import (
	"strconv"

	"github.com/highwater-dev/highwater/harness"
)

// rowMaker writes rows. It is a pure function of its seed and safe for use by several
// goroutines.
type rowMaker struct {
	seed     uint64
	min, max int64 // bytes, newline included
	block    []byte
}

// blockSize is a power of two: offsets into the block are masked, not divided.
const blockSize = 1 << 16

// letters are printable and need no quoting in CSV, JSON, SQL or a URL. 64 of them:
// a character is six bits of a hash. There is no dash: the parser goes by dashes.
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_."

func newRowMaker(source harness.Source) *rowMaker {
	m := &rowMaker{seed: source.Seed, min: int64(source.Row.Min), max: int64(source.Row.Max), block: make([]byte, blockSize)}
	for i := range m.block {
		m.block[i] = letters[mix(m.seed+uint64(i))&63]
	}
	return m
}

// hash is what all of a row follows from: its upper half is the check.
func (m *rowMaker) hash(stream, seq int64) uint64 {
	return mix(mix(m.seed^uint64(stream)<<32) + uint64(seq))
}

// check says whether the digits fit the row they stand in.
func (m *rowMaker) check(stream, seq int64, digits uint32) bool {
	return uint32(m.hash(stream, seq)>>32) == digits
}

// length is that of a row in bytes, drawn evenly from the lower half of its hash.
func (m *rowMaker) length(hash uint64) int {
	span := uint64(m.max - m.min + 1)
	return int(m.min) + int((hash&0xffffffff)*span>>32)
}

// append adds a row to buf. The payload is a window of the block: copying is what
// makes rows faster than the programs that read them.
func (m *rowMaker) append(buf []byte, stream, seq int64) []byte {
	hash := m.hash(stream, seq)
	end := len(buf) + m.length(hash)
	buf = strconv.AppendInt(buf, stream, 10)
	buf = append(buf, '-')
	buf = strconv.AppendInt(buf, seq, 10)
	buf = append(buf, '-')
	for shift := 60; shift >= 32; shift -= 4 {
		buf = append(buf, "0123456789abcdef"[hash>>shift&15])
	}
	buf = append(buf, ',')
	offset := int(hash & (blockSize - 1))
	for missing := end - 1 - len(buf); missing > 0; missing = end - 1 - len(buf) {
		window := m.block[offset:]
		buf = append(buf, window[:min(missing, len(window))]...)
		offset = 0
	}
	return append(buf, '\n')
}

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom
// Number Generators, OOPSLA 2014), with its increment added first.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
