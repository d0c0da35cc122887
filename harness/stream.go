package harness

import "cmp"

// StreamGroup is a number of a program's streams of Node.js that have the same class and
// the same marks, and what lies in them.
type StreamGroup struct {
	// Class is the name of their constructor: Socket, ServerResponse, or a user's own.
	Class string `json:"class"`
	// Count is how many there are, NeedDrain how many of them have said "stop" to a write
	// and not yet emitted drain.
	Count     int `json:"count"`
	NeedDrain int `json:"need_drain,omitempty"`
	// Readable and Writable are their two sides; nil where they have none.
	Readable *StreamSide `json:"readable,omitempty"`
	Writable *StreamSide `json:"writable,omitempty"`
	// WrittenBytes is what sockets have handed to the kernel, all of them and the one that
	// handed over most.
	WrittenBytes     int64 `json:"written_bytes,omitempty"`
	MostWrittenBytes int64 `json:"most_written_bytes,omitempty"`
}

// StreamSide is one side of a group of streams.
type StreamSide struct {
	// Objects says that the side counts objects instead of bytes.
	Objects bool `json:"objects,omitempty"`
	// HighWaterMark of each stream, Buffered in all of them and Most in the fullest one: in
	// bytes, or in objects.
	HighWaterMark int64 `json:"high_water_mark"`
	Buffered      int64 `json:"buffered"`
	Most          int64 `json:"most"`
	// BufferedBytes is about what lies buffered, in bytes also where objects are counted:
	// strings by their length, Buffers by theirs, other objects by their fields.
	BufferedBytes int64 `json:"buffered_bytes"`
	MostBytes     int64 `json:"most_bytes"`
}

// FullStream is the fullest group of a run's streams, and when it was seen so, from the
// beginning of the load.
type FullStream struct {
	StreamGroup
	AtSeconds float64 `json:"at_seconds"`
}

// HeldBytes is about what lies in both sides of the group.
func (g StreamGroup) HeldBytes() int64 {
	return cmp.Or(g.Readable, &StreamSide{}).BufferedBytes + cmp.Or(g.Writable, &StreamSide{}).BufferedBytes
}

// MostHeldBytes is about what lies in the fullest side of any stream of the group.
func (g StreamGroup) MostHeldBytes() int64 {
	return max(cmp.Or(g.Readable, &StreamSide{}).MostBytes, cmp.Or(g.Writable, &StreamSide{}).MostBytes)
}
