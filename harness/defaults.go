package harness

import (
	"slices"
	"time"
)

// What holds where a scenario says nothing. This is the only place of these figures.
//
//	source.row         1KiB
//	source.rate        unlimited
//	source.seed        1
//	sink.kind          tcp
//	sink.clients       1, with arrivals 0           (http-client, tcp-client)
//	sink.path          /                            (http-client)
//	sink.receive-buffer                             left as the kernel has it
//	phases[].rate      unlimited
//	probes.every       100ms
//	probes.within      2s
//	services[].ready   30s
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
	defaultEvery   = Duration(100 * time.Millisecond)
	defaultWithin  = Duration(2 * time.Second)
	defaultCPUs    = 1
	defaultPids    = 512
	defaultReady   = Duration(30 * time.Second)
	// drainTime is what the default timeout leaves for phases that end by themselves.
	drainTime = Duration(120 * time.Second)
)

// SetDefaults fills in what a scenario leaves open. One that was loaded has it done.
func (s *Scenario) SetDefaults() {
	if s.Source != nil {
		fill(&s.Source.Row, RowSize{defaultRow, defaultRow})
		fill(&s.Source.Seed, defaultSeed)
		fill(&s.Engages, EngagesPressure)
	}
	fill(&s.Engages, EngagesNothing)
	s.Sink.setDefaults()
	if s.Probes != nil {
		fill(&s.Probes.Every, defaultEvery)
		fill(&s.Probes.Within, defaultWithin)
	}
	fill(&s.Limits.CPUs, defaultCPUs)
	fill(&s.Limits.Pids, defaultPids)
	fill(&s.Ready, defaultReady)
	s.setTimeouts()
	for i := range s.Services {
		fill(&s.Services[i].Ready, defaultReady)
	}
	for i := range s.Variants {
		fill(&s.Variants[i].Role, RoleSubject)
	}
}

func (s *Sink) setDefaults() {
	fill(&s.Kind, SinkTCP)
	if s.Kind.Comes() && !slices.ContainsFunc(s.Phases, func(p Phase) bool { return p.Arrivals > 0 }) {
		fill(&s.Clients, defaultClients)
	}
	if s.Kind == SinkHTTPClient {
		fill(&s.Path, defaultPath)
	}
}

// setTimeouts gives an engine or a runtime with phases of its own a timeout of its own, unless
// the scenario names one for all.
func (s *Scenario) setTimeouts() {
	if s.Timeout != 0 {
		return
	}
	s.Timeout = defaultTimeout(s.Sink.Phases)
	for _, override := range s.overrides() {
		if override.Sink != nil && len(override.Sink.Phases) > 0 {
			fill(&override.Timeout, defaultTimeout(override.Sink.Phases))
		}
	}
}

// overrides are all of a scenario, by the paths under which they stand in the file.
func (s *Scenario) overrides() map[string]*Override {
	all := map[string]*Override{}
	for name, override := range s.Engine {
		all["engine."+name] = override
	}
	for name, runtime := range s.Runtime {
		if runtime == nil {
			continue
		}
		all["runtime."+name] = &runtime.Override
		for engine, override := range runtime.Engine {
			all["runtime."+name+".engine."+engine] = override
		}
	}
	return all
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
