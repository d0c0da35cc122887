// Package peer is highwater's other end of the wire: it offers rows to the program
// (the source), takes what the program delivers (the sink), and counts both, so that
// what the program holds is known without its help.
//
//	peer source ──rows──► program ──rows, in whatever dressing──► peer sink
//
// [Run] is the whole peer; a runner talks to it through [Client], over the control port:
//
//	GET  /ready      200 once the program is connected or listens, else 503 and why not
//	POST /start      let the source, or the sink's clients, begin
//	POST /phase      a [harness.Phase]: from now on read and write like this
//	GET  /stats      every number the peer counts, by [harness.Metric]
//	     /program/   relayed to the program's debug port
//	GET  /line /dial connections carried between the run's network and highwater's
//
// Until it was started and knows a phase, the source writes nothing; until it knows a
// phase, the sink reads nothing.
//
// # Rows
//
// The source numbers connections as they are accepted, from 0; each is one stream of
// rows. A row is
//
//	<stream>-<seq>-<check>,<payload>\n
//
// with a check of eight hex digits over seed, stream and sequence number. Length,
// check and payload are functions of these three and nothing else; the payload holds
// neither comma nor dash.
//
// The sink knows a row by its first field, the id, anywhere in what is delivered:
// lines, columns, quotes and brackets mean nothing to it. The id must be there byte for
// byte and in one piece; nothing else that a program writes can pass for one, for the
// check is proven: a date or a telephone number fails it, and a chance hit is one in
// four thousand million. It follows that
//
//   - a row is delivered when its id is: at the last digit of the check. What is cut
//     off behind that is not missed, so that the backlog may be short by the rest of
//     one row a connection.
//   - an id that is written twice is a row delivered twice, even in one line: a log
//     prefix and a column, say. Write it once.
//   - an id that is encoded (compressed, base64, upper case, escaped dashes) is not
//     seen, nor is one that something else interrupts, such as a frame's header.
//
// # Time
//
// Three stopwatches say who waited for whom. The source is blocked from the moment at
// which the kernel refuses a byte until the next moment it accepts one. The sink is
// hungry from the moment at which a read finds nothing until bytes arrive; and unread
// bytes wait for it from the moment at which both are true, that it chose to pause and
// that something lies in its receive queue. All three include what is going on now.
//
// # Kinds and clients
//
// Where the program comes to the sink, it writes rows (tcp) or sends requests with rows in
// their bodies (http). Where the peer comes to the program, its clients download
// (http-client) or say an opening text and read (tcp-client). Some begin with the load,
// others arrive evenly in the phases that say so, and where they repeat, each begins again
// when its connection has ended. Clients speak HTTP themselves: a library's would
// read where no phase told it to.
//
// A connection that the peer leaves, by a behaviour or because the run ends, has departed;
// one that the program ended in order is finished; everything else has failed.
//
// # Behaviours
//
// How a connection reads is a chain of behaviours, made anew for each phase, in which
// each narrows what the one before it allows: leave, half-close, stop or stall, wait,
// trickle, keep to a rate. Shares of connections may behave in their own way; the seed
// and a connection's number decide which, the same in every phase.
//
// # Probes
//
// Health probes go to the program from the beginning of the load to its end, each on a
// connection of its own and with a time limit, and are no part of the sink's counts.
//
// # Adding to it
//
// A behaviour (how a sink connection reads) is one file with a type that implements
// behaviour, and a line in behaviours. A kind (the sink's protocol) is one file with a
// type that implements kind, and a line in newKind.
//
// The package judges nothing, samples nothing and writes no files. It is no proxy
// of protocols: where a program cannot reach its database, bytes are carried, unread and
// with little held on the way.
package peer
