package harness

import "time"

// What holds where a scenario says nothing. This is the only place of these figures.
//
//	source.row         1KiB
//	source.rate        unlimited
//	source.seed        1
//	sink.kind          tcp
//	sink.clients       1                            (http-client)
//	sink.path          /                            (http-client)
//	sink.receive-buffer                             left as the kernel has it
//	phases[].rate      unlimited
//	limits.cpus        1
//	limits.pids        512
//	engages            pressure with a source, else nothing
//	ready              30s
//	timeout            the sum of all phases with "for", and 120s
//	variants[].role    subject
//	variants[].listen                               left to the engine: 8080 in a container, a free port on this machine
const (
	defaultRow     = KiB
	defaultSeed    = 1
	defaultClients = 1
	defaultPath    = "/"
	defaultCPUs    = 1
	defaultPids    = 512
	defaultReady   = Duration(30 * time.Second)
	// drainTime is what the default timeout leaves for phases that end by themselves.
	drainTime = Duration(120 * time.Second)
)

func (s *Scenario) setDefaults() {
	if s.Source != nil {
		fill(&s.Source.Row, RowSize{defaultRow, defaultRow})
		fill(&s.Source.Seed, defaultSeed)
		fill(&s.Engages, EngagesPressure)
	}
	fill(&s.Engages, EngagesNothing)
	fill(&s.Sink.Kind, SinkTCP)
	if s.Sink.Kind == SinkHTTPClient {
		fill(&s.Sink.Clients, defaultClients)
		fill(&s.Sink.Path, defaultPath)
	}
	fill(&s.Limits.CPUs, defaultCPUs)
	fill(&s.Limits.Pids, defaultPids)
	fill(&s.Ready, defaultReady)
	s.setTimeouts()
	for i := range s.Variants {
		fill(&s.Variants[i].Role, RoleSubject)
	}
}

// setTimeouts gives an engine with phases of its own a timeout of its own, unless
// the scenario names one for all.
func (s *Scenario) setTimeouts() {
	if s.Timeout != 0 {
		return
	}
	s.Timeout = defaultTimeout(s.Sink.Phases)
	for _, override := range s.Engine {
		if override.Sink != nil && len(override.Sink.Phases) > 0 {
			fill(&override.Timeout, defaultTimeout(override.Sink.Phases))
		}
	}
}

func defaultTimeout(phases []Phase) Duration {
	sum := drainTime
	for _, phase := range phases {
		sum += phase.For
	}
	return sum
}

// fill sets what was left at its zero value.
func fill[T comparable](value *T, fallback T) {
	var zero T
	if *value == zero {
		*value = fallback
	}
}
