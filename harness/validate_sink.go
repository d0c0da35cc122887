package harness

import (
	"fmt"
	"slices"
	"strings"
)

const (
	// maxClients and maxArrivals are what one peer has been measured with.
	maxClients  = 10000
	maxArrivals = 10000 // a second
)

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

// sinkKeys says which kinds of sink a key has a meaning for.
var sinkKeys = map[string][]SinkKind{
	"clients": {SinkHTTPClient, SinkTCPClient}, "repeat": {SinkHTTPClient, SinkTCPClient},
	"path": {SinkHTTPClient}, "opening": {SinkTCPClient},
	"arrivals": {SinkHTTPClient, SinkTCPClient}, "leave": {SinkHTTPClient, SinkTCPClient}, "slow-accept": {SinkTCP, SinkHTTP},
	"probes": {SinkHTTPClient, SinkTCPClient},
}

// fits reports a key that has no meaning for the scenario's kind of sink. Where the kind
// could not be read nothing is held against it.
func (v *validator) fits(around, key string) {
	kind := v.scenario.Sink.Kind
	if kind == "" {
		kind = SinkTCP
	}
	if v.bad["sink.kind"] || v.bad["sink"] || !v.has(join(around, key)) || slices.Contains(sinkKeys[key], kind) {
		return
	}
	legal := strings.Join(texts(sinkKeys[key]), " or ")
	v.failAt(join(around, key), fmt.Sprintf("has no meaning for a sink of kind %s", kind), "drop it, or want kind: "+legal)
}

// download checks what only makes sense where the peer comes to the program.
func (v *validator) download(path string, sink *Sink) {
	for _, key := range []string{"clients", "repeat", "path", "opening"} {
		v.fits(path, key)
	}
	if clients := join(path, "clients"); v.has(clients) && (sink.Clients < 1 || sink.Clients > maxClients) {
		v.failAt(clients, fmt.Sprintf("%d clients", sink.Clients), fmt.Sprintf("want 1 to %d", maxClients))
	}
	if what := join(path, "path"); v.has(what) && (sink.Path == "" || sink.Path[0] != '/') {
		v.failAt(what, fmt.Sprintf("%q is not a path", sink.Path), "want one that begins with /, such as /export")
	}
}

// comes says whether the peer connects to the program. Where the kind could not be read
// nothing is held against it.
func (v *validator) comes() bool {
	return v.kind().Comes() || v.bad["sink.kind"] || v.bad["sink"]
}

// kind is that of the scenario's sink, or of the variant that is looked at.
func (v *validator) kind() SinkKind {
	if v.ownKind != "" {
		return v.ownKind
	}
	return v.scenario.Sink.Kind
}

// probes checks when the program is asked for its health, and how long it may take.
func (v *validator) probes(probes *Probes) {
	if probes == nil || !v.has("probes") {
		return
	}
	v.fits("", "probes")
	if v.has("probes.path") && !strings.HasPrefix(probes.Path, "/") {
		v.failAt("probes.path", fmt.Sprintf("%q is not a path", probes.Path), "want one that begins with /, such as /healthz")
	}
	v.span("probes.every", probes.Every)
	v.span("probes.within", probes.Within)
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
	v.behaviour(path, phase.Behaviour, phase.Until)
	v.some(path, phase)
	v.fits(path, "arrivals")
	v.fits(path, "leave")
	if phase.Leave && (phase.Arrivals > 0 || phase.Behaviour != (Behaviour{}) || len(phase.Some) > 0) {
		v.failAt(path+".leave", "clients that leave do nothing else", "keep name, for and leave alone")
	}
	if arrivals := path + ".arrivals"; v.has(arrivals) && phase.Until == UntilDrained {
		v.failAt(arrivals, "a phase in which clients go on coming never drains", "want for: 10s, and a later phase that drains")
	}
	if arrivals := path + ".arrivals"; v.has(arrivals) && !(phase.Arrivals > 0 && phase.Arrivals <= maxArrivals) {
		v.failAt(arrivals, fmt.Sprintf("%v clients a second", phase.Arrivals), fmt.Sprintf("want more than 0 and at most %d", maxArrivals))
	}
	if v.has(path+".source-rate") && v.absent("source") {
		v.failAt(path+".source-rate", "the scenario has no source", "add a source, or drop this key")
	}
}

// behaviour checks how connections behave in a phase that ends as until says.
func (v *validator) behaviour(path string, b Behaviour, until string) {
	if b.StopReading && v.has(path+".rate") {
		v.failAt(path+".rate", "a sink that stops reading has no rate", "keep one of rate and stop-reading")
	}
	if b.StopReading && until == UntilDrained {
		v.failAt(path+".stop-reading", "a sink that stops reading never drains", "want for: 10s, and a later phase that drains")
	}
	if b.StallAfter > 0 && until == UntilDrained {
		v.failAt(path+".stall-after", "a sink that stalls never drains", "want for: 10s, and a later phase that drains")
	}
	for _, key := range []string{"stall-after", "half-close-after", "disconnect-after", "reset-after"} {
		if after := join(path, key); v.has(after) && v.zeroAfter(key, b) {
			v.failAt(after, "0B have always been read", "want at least 1B")
		}
	}
	v.span(path+".latency", b.Latency)
	v.span(path+".jitter", b.Jitter)
	if v.has(path+".jitter") && b.Jitter > b.Latency {
		v.failAt(path+".jitter", fmt.Sprintf("%s is more than the latency, %s", b.Jitter, b.Latency), "want at most the latency: a wait cannot be negative")
	}
	v.fits(path, "slow-accept")
	v.span(path+".slow-accept", b.SlowAccept)
	if b.Trickle != nil && v.has(path+".trickle") {
		if size := path + ".trickle.bytes"; v.has(size) && b.Trickle.Bytes < 1 {
			v.failAt(size, "a trickle of nothing is a stop", "want at least 1B, or stop-reading: true")
		}
		v.span(path+".trickle.every", b.Trickle.Every)
	}
}

func (v *validator) zeroAfter(key string, b Behaviour) bool {
	return map[string]Bytes{
		"stall-after": b.StallAfter, "half-close-after": b.HalfCloseAfter,
		"disconnect-after": b.DisconnectAfter, "reset-after": b.ResetAfter,
	}[key] == 0
}

// some checks the shares of connections that behave in their own way.
func (v *validator) some(path string, phase Phase) {
	sum := 0.0
	for i, some := range phase.Some {
		at := fmt.Sprintf("%s.some[%d]", path, i)
		if !v.has(at) {
			continue
		}
		v.behaviour(at, some.Behaviour, phase.Until)
		if share := at + ".share"; v.has(share) && !(some.Share > 0 && some.Share <= 1) {
			v.failAt(share, fmt.Sprintf("%v of the connections", some.Share), "want more than 0 and at most 1")
			continue
		}
		if sum += some.Share; sum > 1+1e-9 {
			v.failAt(at+".share", fmt.Sprintf("the shares add up to %v", sum), "want at most 1 together")
		}
	}
}
