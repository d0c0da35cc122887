package analysis

import (
	"fmt"
	"math"

	"github.com/highwater-dev/highwater/harness"
)

// tellMoment says when the ledger was taken, and how near to the peak.
func (e *evidence) tellMoment(m moment) string {
	text := fmt.Sprintf("%s after the load began, at the peak", seconds(m.t))
	if m.behind >= float64(harness.MiB)/10 {
		text = fmt.Sprintf("%s after the load began, %s below the peak of %s", seconds(m.t), human(m.behind), human(e.top))
	}
	if !m.runtime {
		return text
	}
	return text + fmt.Sprintf("; kernel and runtime were read within %d ms of one another, in which memory may have moved by %s",
		whole(math.Ceil(m.skew*1000)), human(m.drift))
}

// tellLive holds the live heap against its bound, and against what explains it.
func (e *evidence) tellLive(live, t float64) string {
	switch backlog := e.backlog.at(t); {
	case live <= e.bound:
		return fmt.Sprintf(" That is within the bound of %s.", human(e.bound))
	case backlog > e.bound:
		return fmt.Sprintf(" The bound is %s; then %s had been taken and not delivered.", human(e.bound), human(backlog))
	}
	return fmt.Sprintf(" That is more than the bound of %s.", human(e.bound))
}

func tellShared(bytes float64) string {
	if bytes < float64(harness.MiB) {
		return "Hardly anything lies in tmpfs, memfd or shared memory."
	}
	return "In tmpfs, memfd or shared memory: it has no disk to go to, and is held like a heap."
}

func tellRest(rest float64, m moment) string {
	switch {
	case m.runtime && math.Abs(rest) <= m.drift+countedBy:
		return "Memory may have moved by as much between the two readings."
	case math.Abs(rest) > m.mayMiss():
		return fmt.Sprintf("More than the %s that two readings may differ by: something is charged to the program that is not known here.", human(m.mayMiss()))
	case m.drift > countedBy:
		return fmt.Sprintf("Small: memory may have moved by %s between the two readings, and the kernel counts in batches.", human(m.drift))
	}
	return "Small: the kernel counts in batches, and its own figures differ by as much."
}

func ofTotal(bytes float64, m moment) string {
	if m.total <= 0 {
		return "all"
	}
	return percent(bytes / m.total)
}

// tellCache says that page cache is harmless, unless shared memory may be in it.
func tellCache(sharedKnown bool) string {
	if sharedKnown {
		return "Files that the program read or wrote. The kernel takes it back before it kills."
	}
	return "Files that the program read or wrote, which the kernel takes back before it kills, and shared memory, which it does not: this recording does not tell them apart."
}
