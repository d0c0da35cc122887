package harness

// Metric is the registered name of a measured quantity: base units, unit last.
// A name that ends in _total or _seconds only grows during a run, latencies aside.
type Metric string

// What the kernel counts for the program.
const (
	MemoryAnon  Metric = "memory_anon_bytes"  // anonymous memory: heaps and stacks, no page cache
	MemoryUsage Metric = "memory_usage_bytes" // what the limit is held against, page cache included
	MemoryFile  Metric = "memory_file_bytes"  // page cache charged to the program
	// MemoryShared is what lies in tmpfs, memfd and shared memory: part of the page cache
	// by name, and held like anonymous memory, for it has no disk to be written to.
	MemoryShared Metric = "memory_shared_bytes"
	MemorySocket Metric = "memory_socket_bytes"
	MemoryKernel Metric = "memory_kernel_bytes" // slabs, page tables, kernel stacks
	MajorFaults  Metric = "major_faults_total"
	OOMKills     Metric = "oom_kills_total"
	CPUTime      Metric = "cpu_seconds"
	SystemTime   Metric = "system_cpu_seconds" // of these: in the kernel, on the program's behalf
	Descriptors  Metric = "descriptors"
	// SocketQueues is what lies in the program's own TCP queues: received and not yet
	// read by it, or written by it and not yet acknowledged. It is not the program's.
	SocketQueues Metric = "socket_queues_bytes"
	// SocketUnread is the part of SocketQueues that was received and not yet read.
	SocketUnread Metric = "socket_unread_bytes"
	// WriteCalls is what /proc/PID/io calls syscw: write and writev, of the program's first
	// process and of its children that have ended. send, sendto and sendmsg are not in it:
	// where bytes were delivered, 0 means that calls were not counted.
	WriteCalls Metric = "write_calls_total"
)

// What the Go runtime says, through the debug port.
const (
	HeapLive     Metric = "heap_live_bytes"     // as of the last collection
	HeapObjects  Metric = "heap_objects_bytes"  // live and dead, not yet swept
	HeapUnused   Metric = "heap_unused_bytes"   // held by the heap, holds no object
	HeapFree     Metric = "heap_free_bytes"     // free, not returned to the kernel
	HeapReleased Metric = "heap_released_bytes" // returned to the kernel
	Stacks       Metric = "stacks_bytes"
	RuntimeOther Metric = "runtime_other_bytes" // the runtime's own structures: metadata, its threads' stacks, buckets of profiles
	RuntimeTotal Metric = "runtime_total_bytes" // all that the runtime mapped
	// RuntimeSkew is how far apart the kernel's figures and the runtime's in one sample
	// may be: they are asked one after the other, and a busy runtime answers late.
	RuntimeSkew Metric = "runtime_skew_seconds"
	Collections Metric = "collections_total"
	Goroutines  Metric = "goroutines"
	// LeakedGoroutines is what a goroutine leak profile counts: it stands in its event.
	LeakedGoroutines Metric = "goroutines_leaked"
)

// What Node.js says, through its inspector. HeapObjects, HeapUnused and HeapLive are those
// of V8's heap, HeapLive with what its objects hold outside it.
const (
	// External is what objects of V8's heap hold outside it: Buffers and their like.
	External Metric = "external_bytes"
	// ArrayBuffers is the part of External that Buffers and ArrayBuffers are.
	ArrayBuffers Metric = "array_buffers_bytes"
	// ActiveHandles are those that keep the event loop alive: sockets, servers, timers.
	ActiveHandles Metric = "active_handles"
	// Listeners are those of events, on the active handles.
	Listeners Metric = "event_listeners"
	// SocketsWaiting is what the program has written to its sockets and they still hold,
	// SocketsWritten what open ones have handed to the kernel.
	SocketsWaiting Metric = "socket_waiting_bytes"
	SocketsWritten Metric = "socket_written_bytes"
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
	SinkAnswered          Metric = "sink_connections_answered"       // open, and something has been received on them
	SinkAnsweredTotal     Metric = "sink_connections_answered_total" // likewise, ever
	SinkClients           Metric = "sink_clients"                    // under way, connected or not
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
	ProbeLatency Metric = "probe_latency_seconds"       // of the last probe
	ProbeWorst   Metric = "probe_latency_worst_seconds" // of those since the sample before
	OpsTotal     Metric = "operations_total"            // finished operations, as the load driver counts them
	OpsFailed    Metric = "operations_failed_total"     // of these: failed
)

// What the scenario's database says of the program's connections.
const (
	DBConnections  Metric = "db_connections"
	DBActive       Metric = "db_active"             // of these: a query is running
	DBClientWrites Metric = "db_client_write_waits" // of these: the server waits until the program reads on
	DBLocks        Metric = "db_locks"              // held by them, those on their own transaction aside
	DBOldestQuery  Metric = "db_oldest_query_age"   // seconds since the query began that has lasted longest
)

// Metrics describes every registered name, for documentation and for tests that hold
// recorded runs against it.
var Metrics = map[Metric]string{
	MemoryAnon: "anonymous memory of the program, as the kernel counts it", MemoryUsage: "memory charged to the program, page cache included",
	MemoryShared: "tmpfs, memfd and shared memory charged to the program", MemoryFile: "page cache charged to the program", MemorySocket: "socket buffers charged to the program (cgroup v2)",
	MemoryKernel: "kernel memory charged to the program: slabs, page tables, kernel stacks",
	MajorFaults:  "page faults that had to read from disk", OOMKills: "kills by the kernel at the memory limit",
	CPUTime: "processor time of the program", SystemTime: "processor time that the kernel spent on the program's calls",
	WriteCalls: "calls of write and writev, not of send, sendto and sendmsg", Descriptors: "open file descriptors",
	SocketQueues: "bytes in the program's TCP queues, received and unread or written and unacknowledged",
	SocketUnread: "of that, received and unread",
	HeapLive:     "heap found live by the last collection", HeapObjects: "heap occupied by objects, live or dead",
	HeapUnused: "heap held by spans that hold no object", HeapFree: "heap free and not returned", HeapReleased: "heap returned to the kernel",
	Stacks: "goroutine stacks", RuntimeOther: "the runtime's own structures", RuntimeTotal: "all memory mapped by the runtime",
	RuntimeSkew: "longest time between the kernel's figures and the runtime's in this sample",
	Collections: "finished garbage collections", Goroutines: "goroutines",
	External: "memory outside V8's heap that its objects hold: Buffers and their like", ArrayBuffers: "of that, Buffers and ArrayBuffers",
	ActiveHandles: "handles that keep Node's event loop alive", Listeners: "listeners of events on the active handles",
	SocketsWaiting: "bytes written to the program's sockets and still held by Node", SocketsWritten: "bytes that the program's open sockets have handed to the kernel",
	LeakedGoroutines: "goroutines that nothing can wake any more, by the leak profile",
	SourceBytes:      "bytes that the program took from the source", SourceRows: "rows that the program took from the source",
	SourceConnections: "open source connections", SourceConnectionsTotal: "source connections ever accepted",
	SourceEnded: "streams written to their end", SourceAborted: "streams that the program left early",
	SourceConnectionSeconds: "connection time with rows on offer", SourceBlockedSeconds: "connection time in which the source could not write",
	SinkBytes: "bytes that the sink received", SinkRows: "distinct valid rows that the sink received", SinkDuplicates: "rows received more than once",
	SinkReordered: "rows received behind a later one", SinkHoles: "rows missing below the highest received", SinkConnections: "open sink connections",
	SinkConnectionsTotal: "sink connections ever opened", SinkStalled: "open connections told not to read, with unread bytes",
	SinkFinished: "connections ended by the program in order", SinkDeparted: "connections left by the peer", SinkFailed: "connections refused, reset or badly answered",
	SinkUnread: "unread bytes in the sink's receive queues", SinkConnectionSeconds: "connection time at the sink",
	SinkUnreadSeconds: "connection time in which unread bytes waited for the sink", SinkHungrySeconds: "connection time in which the sink waited for bytes",
	ProbesTotal: "health probes sent", ProbesFailed: "health probes failed or too slow", ProbeLatency: "latency of the last health probe", ProbeWorst: "longest latency of the health probes since the sample before",
	SinkAnswered: "open connections on which something was received", SinkAnsweredTotal: "connections on which something was ever received",
	SinkClients: "clients under way, connected or not",
	OpsTotal:    "finished operations", OpsFailed: "failed operations",
	DBConnections: "open connections to the database", DBActive: "connections whose query is running", DBClientWrites: "connections whose server waits for the program to read (ClientWrite)",
	DBLocks: "locks held by the program's connections", DBOldestQuery: "age in seconds of the query that has lasted longest",
}
