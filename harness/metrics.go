package harness

// Metric is the registered name of a measured quantity: base units, unit last.
// A name that ends in _total or _seconds only grows during a run.
type Metric string

// What the kernel counts for the program.
const (
	MemoryAnon   Metric = "memory_anon_bytes"  // anonymous memory: heaps and stacks, no page cache
	MemoryUsage  Metric = "memory_usage_bytes" // what the limit is held against, page cache included
	MemoryFile   Metric = "memory_file_bytes"  // page cache charged to the program
	MemorySocket Metric = "memory_socket_bytes"
	MajorFaults  Metric = "major_faults_total"
	OOMKills     Metric = "oom_kills_total"
	CPUTime      Metric = "cpu_seconds"
	Descriptors  Metric = "descriptors"
	// SocketQueues is what lies in the program's own TCP queues: received and not yet
	// read by it, or written by it and not yet acknowledged. It is not the program's.
	SocketQueues Metric = "socket_queues_bytes"
)

// What the Go runtime says, through the debug port.
const (
	HeapLive     Metric = "heap_live_bytes"     // as of the last collection
	HeapObjects  Metric = "heap_objects_bytes"  // live and dead, not yet swept
	HeapUnused   Metric = "heap_unused_bytes"   // held by the heap, holds no object
	HeapFree     Metric = "heap_free_bytes"     // free, not returned to the kernel
	HeapReleased Metric = "heap_released_bytes" // returned to the kernel
	Stacks       Metric = "stacks_bytes"
	RuntimeTotal Metric = "runtime_total_bytes" // all that the runtime mapped
	Collections  Metric = "collections_total"
	Goroutines   Metric = "goroutines"
)

// What the peer counts at the source: everything the program has taken.
const (
	SourceBytes             Metric = "source_bytes_total"
	SourceRows              Metric = "source_rows_total"
	SourceConnections       Metric = "source_connections"       // open now
	SourceConnectionsTotal  Metric = "source_connections_total" // ever accepted
	SourceEnded             Metric = "source_streams_ended_total"
	SourceAborted           Metric = "source_streams_aborted_total" // the program closed before the end
	SourceConnectionSeconds Metric = "source_connection_seconds"    // summed over connections, while rows were on offer
	SourceBlockedSeconds    Metric = "source_blocked_seconds"       // of these: the program did not read
)

// What the peer counts at the sink: everything the program has delivered.
const (
	SinkBytes             Metric = "sink_bytes_total"
	SinkRows              Metric = "sink_rows_total" // distinct rows with a valid check
	SinkDuplicates        Metric = "sink_rows_duplicated_total"
	SinkReordered         Metric = "sink_rows_reordered_total"
	SinkHoles             Metric = "sink_rows_holes" // rows missing below the highest delivered
	SinkConnections       Metric = "sink_connections"
	SinkConnectionsTotal  Metric = "sink_connections_total"
	SinkStalled           Metric = "sink_connections_stalled"        // open, with unread bytes, told not to read
	SinkFinished          Metric = "sink_connections_finished_total" // ended by the program, in order
	SinkDeparted          Metric = "sink_connections_departed_total" // left by the peer
	SinkFailed            Metric = "sink_connections_failed_total"   // refused, reset, or a bad answer
	SinkUnread            Metric = "sink_unread_bytes"               // in receive queues now
	SinkConnectionSeconds Metric = "sink_connection_seconds"         // summed over connections
	SinkUnreadSeconds     Metric = "sink_unread_seconds"             // of these: unread bytes lay there while the sink chose to wait
	SinkHungrySeconds     Metric = "sink_hungry_seconds"             // of these: the sink wanted to read and there was nothing
)

// What health probes see.
const (
	ProbesTotal  Metric = "probes_total"
	ProbesFailed Metric = "probes_failed_total"
	ProbeLatency Metric = "probe_latency_seconds"
	OpsTotal     Metric = "operations_total"        // finished operations, as the load driver counts them
	OpsFailed    Metric = "operations_failed_total" // of these: failed
)

// Metrics describes every registered name, for documentation and for tests that hold
// recorded runs against it.
var Metrics = map[Metric]string{
	MemoryAnon: "anonymous memory of the program, as the kernel counts it", MemoryUsage: "memory charged to the program, page cache included",
	MemoryFile: "page cache charged to the program", MemorySocket: "socket buffers charged to the program (cgroup v2)",
	MajorFaults: "page faults that had to read from disk", OOMKills: "kills by the kernel at the memory limit",
	CPUTime: "processor time of the program", Descriptors: "open file descriptors",
	SocketQueues: "bytes in the program's TCP queues, received and unread or written and unacknowledged",
	HeapLive:     "heap found live by the last collection", HeapObjects: "heap occupied by objects, live or dead",
	HeapUnused: "heap held by spans that hold no object", HeapFree: "heap free and not returned", HeapReleased: "heap returned to the kernel",
	Stacks: "goroutine stacks", RuntimeTotal: "all memory mapped by the runtime", Collections: "finished garbage collections", Goroutines: "goroutines",
	SourceBytes: "bytes that the program took from the source", SourceRows: "rows that the program took from the source",
	SourceConnections: "open source connections", SourceConnectionsTotal: "source connections ever accepted",
	SourceEnded: "streams written to their end", SourceAborted: "streams that the program left early",
	SourceConnectionSeconds: "connection time with rows on offer", SourceBlockedSeconds: "connection time in which the source could not write",
	SinkBytes: "bytes that the sink received", SinkRows: "distinct valid rows that the sink received", SinkDuplicates: "rows received more than once",
	SinkReordered: "rows received behind a later one", SinkHoles: "rows missing below the highest received", SinkConnections: "open sink connections",
	SinkConnectionsTotal: "sink connections ever opened", SinkStalled: "open connections told not to read, with unread bytes",
	SinkFinished: "connections ended by the program in order", SinkDeparted: "connections left by the peer", SinkFailed: "connections refused, reset or badly answered",
	SinkUnread: "unread bytes in the sink's receive queues", SinkConnectionSeconds: "connection time at the sink",
	SinkUnreadSeconds: "connection time in which unread bytes waited for the sink", SinkHungrySeconds: "connection time in which the sink waited for bytes",
	ProbesTotal: "health probes sent", ProbesFailed: "health probes failed or too slow", ProbeLatency: "latency of the last health probe",
	OpsTotal: "finished operations", OpsFailed: "failed operations",
}
