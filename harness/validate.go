package harness

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	// minMemory is what a Go or Node program needs to start at all.
	minMemory = 16 * MiB
	// maxSpan bounds every duration: a longer one is a slip, and sums stay sound.
	maxSpan = Duration(24 * time.Hour)
)

var (
	idPattern      = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	variantPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$`)
	envPattern     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// engines and runtimes are the legal keys of engine and of runtime.
var (
	engines  = []string{"docker", "process"}
	runtimes = []string{RuntimeGo, RuntimeNode}
)

// validate checks what a decoder cannot see from one value alone. It speaks of
// values that could be read only: what is wrong already is not reported twice.
func validate(s *Scenario, d *decoder) {
	v := &validator{decoder: d, scenario: s}
	if d.has("id") && !idPattern.MatchString(s.ID) {
		d.failAt("id", fmt.Sprintf("%q is not an id", s.ID), "want lower-case letters, digits and single dashes, such as slow-export")
	}
	v.span("ready", s.Ready)
	v.span("timeout", s.Timeout)
	v.source("source", s.Source, true)
	v.sink("sink", &s.Sink, true)
	v.probes(s.Probes)
	v.services()
	v.limits("limits", &s.Limits, true)
	v.bound()
	v.timeout("timeout", s.Timeout, s.Sink.Phases)
	v.overrides()
	v.variants()
	v.checks()
	v.claims()
}

type validator struct {
	*decoder
	scenario *Scenario
	ownKind  SinkKind // of the variant that is looked at, where it has one
}

// missing reports a key that is needed here; around is the path of its mapping.
func (v *validator) missing(around, key, example string) {
	if v.has(around) && v.absent(join(around, key)) {
		v.failAt(around, fmt.Sprintf("key %q is missing", key), "add it: "+example)
	}
}

func (v *validator) span(path string, span Duration) {
	if v.has(path) && (span <= 0 || span > maxSpan) {
		v.failAt(path, span.String()+" is out of range", "want more than 0s and at most 24h")
	}
}

// maxRows of a connection is beyond what any run can move, and exact in a JSON number.
const maxRows = 1_000_000_000_000

// source checks the scenario's source, or (not whole) what an override sets anew.
func (v *validator) source(path string, source *Source, whole bool) {
	if source == nil || !v.has(path) {
		return
	}
	if whole {
		v.missing(path, "rows", "rows: 2000000")
	}
	if rows := join(path, "rows"); v.has(rows) && (source.Rows < 1 || source.Rows > maxRows) {
		v.failAt(rows, fmt.Sprintf("%d rows", source.Rows), fmt.Sprintf("want 1 to %d", int64(maxRows)))
	}
	if !whole && v.scenario.Source == nil {
		v.failAt(path, "the scenario has no source to override", "add a source to the scenario, or drop this one")
	}
	// An override lays over what it sets, and unlimited is the value of a rate that
	// was not set.
	if rate := join(path, "rate"); !whole && v.has(rate) && source.Rate == 0 {
		v.failAt(rate, "an override cannot lift the scenario's rate by \"unlimited\"", "want a rate beyond reach, such as 100GiB/s")
	}
}

func (v *validator) limits(path string, limits *Limits, whole bool) {
	if limits == nil || !v.has(path) {
		return
	}
	if whole {
		v.missing(path, "memory", "memory: 256MiB")
	}
	if memory := join(path, "memory"); v.has(memory) && limits.Memory < minMemory {
		v.failAt(memory, limits.Memory.String()+" is too little to start a program in", "want at least "+minMemory.String())
	}
	if cpus := join(path, "cpus"); v.has(cpus) && !(limits.CPUs > 0 && limits.CPUs <= 1024) {
		v.failAt(cpus, fmt.Sprintf("%v processors", limits.CPUs), "want more than 0 and at most 1024, such as 0.5 or 2")
	}
	if pids := join(path, "pids"); v.has(pids) && limits.Pids < 1 {
		v.failAt(pids, fmt.Sprintf("%d processes and threads", limits.Pids), "want at least 1, such as 512")
	}
}

// bound: a backlog can only be judged against one; see Scenario.Bound. Without a source,
// clients that come can push back all the same.
func (v *validator) bound() {
	s := v.scenario
	pressure := s.Engages == EngagesPressure || (s.Engages == "" && v.absent("engages"))
	everywhere := len(s.Variants) > 0 && !slices.ContainsFunc(s.Variants, func(one Variant) bool { return one.Bound == 0 })
	if s.Source != nil && pressure && v.absent("bound") && !everywhere {
		v.failAt("", `key "bound" is missing`, "add how much an innocent program may hold, kernel buffers on the way included: bound: 16MiB")
	}
	v.boundBelow("bound", s.Bound, s.Limits.Memory)
	if pressure && s.Source == nil && v.absent("source") && v.absent("services") && v.has("engages") && !v.comes() {
		v.failAt("engages", "pressure needs a source or a service that can feel it", "add a source, or want another: "+strings.Join(texts(Engagements), ", "))
	}
}

func (v *validator) boundBelow(path string, bound, memory Bytes) {
	if !v.has(path) {
		return
	}
	if bound == 0 {
		v.failAt(path, "a program that may hold nothing cannot run", "want a size such as 16MiB")
	}
	if memory >= minMemory && bound >= memory {
		v.failAt(path, fmt.Sprintf("%s is not below limits.memory, %s", bound, memory), "want a bound that is passed before the program dies")
	}
}

func (v *validator) timeout(path string, timeout Duration, phases []Phase) {
	var sum Duration
	for _, phase := range phases {
		if phase.For > 0 && phase.For <= maxSpan {
			sum += phase.For
		}
	}
	if v.has(path) && timeout > 0 && timeout < sum {
		v.failAt(path, fmt.Sprintf("%s ends the run before its phases, which last %s", timeout, sum), "want at least "+sum.String())
	}
}

func (v *validator) overrides() {
	legalKeys(v, "engine", v.scenario.Engine, engines)
	legalKeys(v, "runtime", v.scenario.Runtime, runtimes)
	for name, runtime := range v.scenario.Runtime {
		if runtime != nil {
			legalKeys(v, "runtime."+name+".engine", runtime.Engine, engines)
		}
	}
	for path, override := range v.scenario.overrides() {
		if override == nil || !v.has(path) {
			continue
		}
		v.source(path+".source", override.Source, false)
		v.limits(path+".limits", override.Limits, false)
		v.boundBelow(path+".bound", override.Bound, memoryOf(override.Limits, v.runtimeLimits(path), &v.scenario.Limits))
		v.span(path+".timeout", override.Timeout)
		phases := v.scenario.Sink.Phases
		if override.Sink != nil {
			v.sink(path+".sink", override.Sink, false)
			if len(override.Sink.Phases) > 0 {
				phases = override.Sink.Phases
			}
		}
		v.timeout(path+".timeout", override.Timeout, phases)
	}
}

// legalKeys checks the keys of a mapping that is written by names, such as engines'.
func legalKeys[T any](v *validator, path string, named map[string]T, legal []string) {
	what := path[strings.LastIndex(path, ".")+1:]
	for name := range named {
		if !contains(legal, name) {
			v.fail(v.keys[join(path, name)], fmt.Sprintf("%s: unknown %s %q", path, what, name), suggestValue(name, legal))
		}
	}
}

// runtimeLimits are those that hold for a runtime, by the path of its override or of one
// in it; nil without.
func (v *validator) runtimeLimits(path string) *Limits {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "runtime."), ".")
	if runtime := v.scenario.Runtime[name]; runtime != nil {
		return runtime.Limits
	}
	return nil
}

// memoryOf is the memory limit that holds where limits lie over others, the topmost first.
func memoryOf(layers ...*Limits) Bytes {
	for _, limits := range layers {
		if limits != nil && limits.Memory > 0 {
			return limits.Memory
		}
	}
	return 0
}
