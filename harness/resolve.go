package harness

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Resolve returns the scenario as one variant meets it under one engine: the engine's
// and its runtime's override laid over, then the variant's own limits, bound and kind of sink. The copy keeps only
// what applies and shares nothing that a caller may change with the original.
func (s *Scenario) Resolve(engine string, variant Variant) Scenario {
	resolved := *s
	if s.Source != nil {
		source := *s.Source
		resolved.Source = &source
	}
	for _, override := range s.overridesFor(engine, variant) {
		override.layOver(&resolved)
	}
	if variant.Limits != nil {
		variant.Limits.layOver(&resolved.Limits)
	}
	lay(&resolved.Bound, variant.Bound)
	if variant.SinkKind != "" {
		resolved.become(variant.SinkKind)
	}
	resolved.Sink.Phases = slices.Clone(resolved.Sink.Phases)
	resolved.Services = slices.Clone(s.Services)
	resolved.Engine, resolved.Runtime = nil, nil
	resolved.Variants = []Variant{variant}
	return resolved
}

// overridesFor lists what is laid over the scenario, the last on top.
func (s *Scenario) overridesFor(engine string, variant Variant) (list []*Override) {
	if override := s.Engine[engine]; override != nil {
		list = append(list, override)
	}
	if runtime := s.Runtime[variant.Runtime()]; runtime != nil {
		list = append(list, &runtime.Override)
		if override := runtime.Engine[engine]; override != nil {
			list = append(list, override)
		}
	}
	return list
}

// become changes the kind of sink, and drops what has no meaning for the new one.
func (s *Scenario) become(kind SinkKind) {
	s.Sink.Kind = kind
	if !kind.Comes() {
		s.Sink.Clients, s.Sink.Repeat, s.Probes = 0, false, nil
	}
	if kind != SinkHTTPClient {
		s.Sink.Path = ""
	}
	if kind != SinkTCPClient {
		s.Sink.Opening = ""
	}
	s.Sink.setDefaults()
}

func (o *Override) layOver(s *Scenario) {
	if o.Source != nil && s.Source != nil {
		lay(&s.Source.Rows, o.Source.Rows)
		lay(&s.Source.Row, o.Source.Row)
		lay(&s.Source.Rate, o.Source.Rate)
		lay(&s.Source.Seed, o.Source.Seed)
	}
	if o.Sink != nil {
		lay(&s.Sink.Clients, o.Sink.Clients)
		lay(&s.Sink.Repeat, o.Sink.Repeat)
		lay(&s.Sink.Path, o.Sink.Path)
		lay(&s.Sink.Opening, o.Sink.Opening)
		lay(&s.Sink.ReceiveBuffer, o.Sink.ReceiveBuffer)
		if len(o.Sink.Phases) > 0 {
			s.Sink.Phases = o.Sink.Phases
		}
	}
	if o.Limits != nil {
		o.Limits.layOver(&s.Limits)
	}
	lay(&s.Bound, o.Bound)
	lay(&s.Timeout, o.Timeout)
}

func (l *Limits) layOver(under *Limits) {
	lay(&under.Memory, l.Memory)
	lay(&under.CPUs, l.CPUs)
	lay(&under.Pids, l.Pids)
}

// lay replaces a value by one that was set.
func lay[T comparable](under *T, over T) {
	var unset T
	if over != unset {
		*under = over
	}
}

// Select returns the variants whose names match one of the patterns, in the order of
// the file. Patterns are those of [path.Match] with commas between them, held against
// the whole name and against its last part; none means all.
func (s *Scenario) Select(glob string) ([]Variant, error) {
	if strings.TrimSpace(glob) == "" {
		return slices.Clone(s.Variants), nil
	}
	var selected []Variant
	for _, variant := range s.Variants {
		matched, err := matchAny(glob, variant.Name)
		if err != nil {
			return nil, fmt.Errorf("select variants %q: %w", glob, err)
		}
		if matched {
			selected = append(selected, variant)
		}
	}
	if len(selected) == 0 {
		list := make([]string, len(s.Variants))
		for i, variant := range s.Variants {
			list[i] = variant.Name
		}
		return nil, fmt.Errorf("select variants %q: no match in %s: it has %s", glob, s.ID, strings.Join(list, ", "))
	}
	return selected, nil
}

func matchAny(globs, name string) (matched bool, err error) {
	for glob := range strings.SplitSeq(globs, ",") {
		glob = strings.TrimSpace(glob)
		whole, err := path.Match(glob, name)
		if err != nil {
			return false, err
		}
		last, _ := path.Match(glob, path.Base(name)) // '*broken*' means go/broken-..., too
		matched = matched || whole || last
	}
	return matched, nil
}
