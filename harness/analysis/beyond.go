package analysis

// beyondByMemory: it holds more than its bound, noise set aside.
func (e *evidence) beyondByMemory() bool { return e.heldGrowth > e.room() }

// room is how far memory may grow before it alone convicts. Where it carries garbage,
// a sound program may have as much of that as it holds. Of one that died there is
// nothing to acquit.
func (e *evidence) room() float64 {
	if e.carriesGarbage() && !e.outcome.Died() {
		return 2*e.bound + noise
	}
	return e.bound + noise
}

// carriesGarbage says whether what is held was not seen right after a collection. A script's
// is collected in its main thread alone: the heaps of its workers are among what lies outside.
func (e *evidence) carriesGarbage() bool {
	return e.held == e.anon || e.isScript() && e.outside.at(e.heldAt) > e.heldGrowth/2
}

// beyondByBacklog: rows beyond the bound were neither delivered nor abandoned, and
// memory does not contradict: what lies on a disk is not held. Where connections were
// left or failed, memory must even follow.
func (e *evidence) beyondByBacklog() bool {
	if e.unexplainedPeak <= e.bound {
		return false
	}
	if !e.lossless && (!e.anon.known() || !e.follows(e.backlog, min(e.backlogPeakAt, e.end), true)) {
		return false
	}
	return e.shownByMemory()
}

// shownByMemory: enough of the backlog is found in memory again to say that the
// program holds it, and not the kernel's buffers: 19 MiB lay there on the way through
// containers, at a sound program's 5 MiB of its own. Memory that carries garbage has
// to show more.
func (e *evidence) shownByMemory() bool {
	if !e.held.known() {
		return true
	}
	own := e.bound / 2
	if e.held == e.anon {
		own += noise
	}
	return e.heldGrowth >= max(own, followsSlopeMin*e.backlogPeak)
}

// follows says whether memory follows another quantity up to a moment: strongly
// correlated, or at a plausible number of bytes each with a weaker correlation.
func (e *evidence) follows(other *track, until float64, slopes bool) bool {
	anon := e.anon.between(0, until).thinned(200)
	if anon.len() < 8 {
		anon = e.held.between(0, until).thinned(200)
	}
	if anon.len() < 5 {
		return false
	}
	x := anon.along(other)
	r := pearson(x, anon.v)
	if r >= followsCorrelation || !slopes {
		return r >= followsCorrelation
	}
	slope := theilSen(x, anon.v)
	return r >= weakCorrelation && slope >= followsSlopeMin && slope <= followsSlopeMax
}
