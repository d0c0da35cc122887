package harness

// MemoryLedger says where a run's memory was when there was most of it. Its parts add
// up to what the kernel counted.
type MemoryLedger struct {
	// AtSeconds is the moment, from the beginning of the load: the peak, or the moment
	// nearest to it at which the runtime answered in time.
	AtSeconds float64 `json:"at_seconds"`
	// TotalBytes is what the kernel counted then, by the name of Counted: what the limit
	// is held against where that is known, else anonymous and shared memory.
	TotalBytes Bytes  `json:"total_bytes"`
	Counted    Metric `json:"counted"`
	// SkewSeconds is the longest time between the kernel's figures and the runtime's; 0
	// where no runtime was asked.
	SkewSeconds float64 `json:"skew_seconds"`
	// Moment says in words when this was, and how near to the peak.
	Moment string       `json:"moment"`
	Parts  []MemoryPart `json:"parts"`
}

// Part is the part of a kind; zero where there is none.
func (l *MemoryLedger) Part(kind MemoryKind) (part MemoryPart) {
	for _, one := range l.Parts {
		if one.Kind == kind {
			part = one
		}
	}
	return part
}

// MemoryPart is memory of one kind.
type MemoryPart struct {
	Kind MemoryKind `json:"kind"`
	// Bytes is negative for what has to be taken off: PartNeverWritten, and at times
	// PartUnexplained.
	Bytes Bytes `json:"bytes"`
	// Means says what it means for this run.
	Means string `json:"means"`
}

// MemoryKind is what memory is used for.
type MemoryKind string

const (
	PartLiveHeap  MemoryKind = "live heap"
	PartGarbage   MemoryKind = "garbage not yet collected"
	PartOffHeap   MemoryKind = "off-heap"
	PartAnonymous MemoryKind = "anonymous" // where no runtime tells more of it
	PartShared    MemoryKind = "shared"
	PartSockets   MemoryKind = "sockets"
	PartPageCache MemoryKind = "page cache"
	PartKernel    MemoryKind = "kernel"
	// PartScriptHeap is V8's heap, in use or not yet collected: it does not tell which.
	PartScriptHeap MemoryKind = "V8's heap"
	PartBuffers    MemoryKind = "Buffers"
	PartExternal   MemoryKind = "other external"
	PartStacks     MemoryKind = "stacks"
	PartFreeHeap   MemoryKind = "heap held but free"
	PartRuntime    MemoryKind = "runtime's other"
	// PartNeverWritten is what the runtime counts and the kernel does not: a page costs
	// nothing before it is first written.
	PartNeverWritten MemoryKind = "never written"
	PartUnexplained  MemoryKind = "unexplained"
)
