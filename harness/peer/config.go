package peer

import "github.com/highwater-dev/highwater/harness"

// Config is all that a peer is told at its start. Phases come later, one by one, over
// the control port.
type Config struct {
	// Source is what every connection of the program is offered; nil: no source.
	Source *harness.Source `json:"source,omitempty"`
	Sink   harness.Sink    `json:"sink"`
	// Probes ask the program for its health; nil: nobody does.
	Probes *harness.Probes `json:"probes,omitempty"`

	// Where to listen: host:port, port 0 for any. SinkListen is used by sink kinds to
	// which the program connects.
	ControlListen string `json:"control_listen"`
	SourceListen  string `json:"source_listen"`
	SinkListen    string `json:"sink_listen"`

	// RelayListen is where the program finds what highwater can reach for it, by
	// [Client.Forward]; empty: nothing is relayed.
	RelayListen string `json:"relay_listen,omitempty"`

	// Token stands in front of every path of the control port; empty: nothing does.
	Token string `json:"token,omitempty"`

	// Download is the program's host:port for sink kinds in which the peer comes and
	// downloads; Debug is its debug port, relayed under /program/. Both may be empty.
	Download string `json:"download,omitempty"`
	Debug    string `json:"debug,omitempty"`
}

// seed is that of the source, and 1, the default of a scenario, without one.
func (c Config) seed() uint64 {
	if c.Source != nil {
		return c.Source.Seed
	}
	return 1
}

// Addresses are where a peer listens. It prints them as one line of JSON on its
// standard output as soon as all are open.
type Addresses struct {
	Control string `json:"control"`
	Source  string `json:"source,omitempty"`
	Sink    string `json:"sink,omitempty"`
}
