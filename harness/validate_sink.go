package harness

import "fmt"

// sink checks the scenario's sink, or (not whole) what an engine sets anew.
func (v *validator) sink(path string, sink *Sink, whole bool) {
	if !v.has(path) {
		return
	}
	if kind := join(path, "kind"); !whole && v.has(kind) {
		v.failAt(kind, "the kind of sink cannot depend on the engine", "drop this key")
	}
	if whole {
		v.missing(path, "phases", "phases: [{name: slow, for: 10s, rate: 2MiB/s}, {name: drain, until: drained}]")
	}
	v.download(path, sink)
	if phases := join(path, "phases"); v.has(phases) && len(sink.Phases) == 0 {
		v.failAt(phases, "there is no phase", "want at least one, such as {name: slow, for: 10s, rate: 2MiB/s}")
	}
	first := map[string]int{}
	for i, phase := range sink.Phases {
		at := fmt.Sprintf("%s.phases[%d]", path, i)
		if !v.has(at) {
			continue
		}
		v.phase(at, phase)
		if other, repeated := first[phase.Name]; repeated && v.has(at+".name") {
			v.failAt(at+".name", fmt.Sprintf("phase %d has the name %q already", other+1, phase.Name), "want a name of its own")
		} else {
			first[phase.Name] = i
		}
	}
}

// download checks what only makes sense where the peer comes and downloads.
func (v *validator) download(path string, sink *Sink) {
	if !v.downloads() {
		for _, key := range []string{"clients", "path"} {
			if v.has(join(path, key)) {
				v.failAt(join(path, key), "has no meaning where the program connects to the sink", "drop it, or want kind: http-client")
			}
		}
		return
	}
	if clients := join(path, "clients"); v.has(clients) && (sink.Clients < 1 || sink.Clients > 10000) {
		v.failAt(clients, fmt.Sprintf("%d clients", sink.Clients), "want 1 to 10000")
	}
	if what := join(path, "path"); v.has(what) && (sink.Path == "" || sink.Path[0] != '/') {
		v.failAt(what, fmt.Sprintf("%q is not a path", sink.Path), "want one that begins with /, such as /export")
	}
}

// downloads says whether the peer connects to the program. Where the kind could not
// be read nothing is held against it.
func (v *validator) downloads() bool {
	return v.scenario.Sink.Kind == SinkHTTPClient || v.bad["sink.kind"] || v.bad["sink"]
}

func (v *validator) phase(path string, phase Phase) {
	if v.has(path+".name") && !variantPattern.MatchString(phase.Name) {
		v.failAt(path+".name", fmt.Sprintf("%q is not a name", phase.Name), "want letters, digits, dots and dashes, such as slow")
	}
	v.span(path+".for", phase.For)
	hasFor, hasUntil := !v.absent(path+".for"), !v.absent(path+".until")
	switch {
	case hasFor && hasUntil:
		v.failAt(path, `"for" and "until" contradict each other`, "keep one of them")
	case !hasFor && !hasUntil:
		v.failAt(path, "the phase has no end", "add one: for: 10s, or until: drained")
	}
	if v.has(path+".until") && v.absent("source") {
		v.failAt(path+".until", "without a source nothing can be drained", "add a source, or want for: 10s")
	}
	if phase.StopReading && v.has(path+".rate") {
		v.failAt(path+".rate", "a sink that stops reading has no rate", "keep one of rate and stop-reading")
	}
	if phase.StopReading && phase.Until == UntilDrained {
		v.failAt(path+".stop-reading", "a sink that stops reading never drains", "want for: 10s, and a later phase that drains")
	}
	if v.has(path+".source-rate") && v.absent("source") {
		v.failAt(path+".source-rate", "the scenario has no source", "add a source, or drop this key")
	}
}
