package analysis

import (
	"fmt"

	"github.com/highwater-dev/highwater/harness"
)

// scriptParts are those of anonymous memory, by the word of V8 and of Node.js.
func (e *evidence) scriptParts(m moment) []harness.MemoryPart {
	v := m.values
	buffers := min(v[harness.ArrayBuffers], v[harness.External])
	parts := []harness.MemoryPart{
		part(harness.PartScriptHeap, v[harness.HeapObjects], "Strings, objects and closures, in use or not yet collected.%s", e.tellCollected(m.t)),
		part(harness.PartBuffers, buffers, "Outside V8's heap, and in no heap profile: the place is known from the stacks of the objects that hold them, the size from this counter and from the streams."),
		part(harness.PartExternal, v[harness.External]-buffers, "What else objects of V8's heap hold outside it: strings on their way to the kernel, among others."),
	}
	if m.outside > 0 {
		parts = append(parts, part(harness.PartOffHeap, m.outside, "Anonymous memory that V8 does not count: Node's own structures, its threads' stacks, copies of strings that are being written, what malloc has not given back, other processes."))
	}
	parts = append(parts, part(harness.PartFreeHeap, v[harness.HeapUnused], "Held by V8's heap and empty: the heap will use it first."))
	if m.outside < 0 {
		parts = append(parts, part(harness.PartNeverWritten, m.outside, "Counted among these parts without having been written to, as fresh Buffers are: it costs nothing yet, and is taken off."))
	}
	return parts
}

// tellCollected is what was alive right after the last collection that was asked for.
func (e *evidence) tellCollected(t float64) string {
	before := e.floors.between(0, t)
	if before.len() == 0 {
		return ""
	}
	at := before.t[before.len()-1]
	return fmt.Sprintf(" Right after a collection, %s before, %s were alive, Buffers included.", seconds(t-at), human(before.last()))
}
