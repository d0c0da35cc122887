package analysis

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/highwater-dev/highwater/harness"
)

// decideOutcome says how the run ended. Where the kernel's own counter of kills can
// be read and has moved, it decides; an unmoved one proves nothing, because it goes
// with the container and the last sample is older than the kill. Then an engine's word
// counts that the exit code or the memory last seen bears out; and a kill at the limit
// counts without any word, for where an init stands before the program the engine has missed
// one in some forty.
func (e *evidence) decideOutcome() {
	if event, found := e.rec.First(harness.EventExit); found && event.Exit != nil {
		e.exit = event.Exit
	}
	e.oom = e.killedByKernel()
	e.outcome = e.endedHow()
}

// killed is what engines and kernels call SIGKILL.
const killed = "killed"

func (e *evidence) killedByKernel() bool {
	if counter := e.of(harness.OOMKills); counter.known() && counter.last() > counter.v[0] {
		if e.exit != nil && e.exit.Code == 0 && e.exit.Signal == "" {
			e.note("the kernel killed a process at the memory limit, and the program still exited with 0: a child died")
		}
		return true
	}
	_, reported := e.rec.First(harness.EventOOM)
	if e.exit == nil {
		return reported
	}
	reported = reported || e.exit.OOMKilled || e.exit.By == harness.ByKernel
	atLimit := e.limit > 0 && e.unreclaimable().last() >= nearLimit*e.limit
	if !reported && atLimit && e.exit.By == harness.ByProgram && e.exit.Signal == killed {
		e.note("it was killed at its memory limit by nobody who is known here; neither the engine nor the kernel's counter could be asked in time")
		return true
	}
	if !reported || e.exit.Code != 0 || e.exit.Signal != "" {
		return reported
	}
	if atLimit {
		e.note("the engine reports an OOM kill at the memory limit, and the program still exited with 0: a child died")
		return true
	}
	e.note("the engine reports an OOM kill, but the program exited with 0, its memory was last seen far below the limit, and the kernel counted none")
	return false
}

func (e *evidence) endedHow() harness.Outcome {
	for _, rule := range []struct {
		kind    harness.EventKind
		outcome harness.Outcome
	}{
		{harness.EventInterrupted, harness.OutcomeInterrupted},
		{harness.EventNeverReady, harness.OutcomeNeverReady},
	} {
		if _, found := e.rec.First(rule.kind); found {
			return rule.outcome
		}
	}
	if e.oom {
		return harness.OutcomeOOMKilled
	}
	for _, rule := range []struct {
		kind    harness.EventKind
		outcome harness.Outcome
	}{
		{harness.EventLimit, harness.OutcomeLimitExceeded},
		{harness.EventFrozen, harness.OutcomeFrozen},
		{harness.EventStalled, harness.OutcomeStalled},
	} {
		if _, found := e.rec.First(rule.kind); found {
			return rule.outcome
		}
	}
	return e.endedByExit()
}

func (e *evidence) endedByExit() harness.Outcome {
	if e.exit == nil {
		e.note("the recording has no exit: highwater itself was ended")
		return harness.OutcomeInterrupted
	}
	if _, loaded := e.rec.First(harness.EventLoad); !loaded {
		return harness.OutcomeNeverReady
	}
	switch {
	case e.exit.By == harness.ByWatcher:
		return harness.OutcomeLimitExceeded
	case e.exit.By == harness.ByHighwater, e.exit.By == harness.ByNobody:
		return e.endedByHighwater()
	case e.exit.Code == 0 && e.exit.Signal == "":
		return harness.OutcomeCompleted
	case heapExhausted(e.rec.Dir):
		return harness.OutcomeHeapExhausted
	case e.diedOfWatching():
		e.note("Node.js had come to its end, and died while it waited for the inspector to be let go: the program's own exit code is not known")
		return harness.OutcomeCompleted
	}
	return harness.OutcomeCrashed
}

// diedOfWatching: at its end Node.js says that it waits for its debugger, and a question that
// comes then may be what it dies of.
func (e *evidence) diedOfWatching() bool {
	faulted := e.exit.Code == 139 || e.exit.Signal == "segmentation fault"
	return faulted && bytes.HasSuffix(bytes.TrimSpace(tailOf(filepath.Join(e.rec.Dir, harness.StderrFile), 4<<10)), []byte("Waiting for the debugger to disconnect..."))
}

// endedByHighwater tells a run whose time was over from one that hung: alive, the
// sink hungry, nothing moving.
func (e *evidence) endedByHighwater() harness.Outcome {
	event, timedOut := e.rec.First(harness.EventTimeout)
	if !timedOut {
		return harness.OutcomeCompleted
	}
	to := event.Seconds - e.rec.LoadStart()
	from := to - 5
	moved := e.of(harness.SinkBytes).rise(from, to) + e.of(harness.SourceBytes).rise(from, to)
	hungry := share(e.of(harness.SinkHungrySeconds), e.of(harness.SinkConnectionSeconds), from, to)
	if from > 0 && moved == 0 && hungry >= hungryShare {
		return harness.OutcomeStalled
	}
	e.note("the scenario's timeout ended the run")
	return harness.OutcomeCompleted
}

// exhausted are the last words of runtimes that ran out of memory by themselves.
var exhausted = [][]byte{
	[]byte("runtime: out of memory"), []byte("cannot allocate memory"), // Go
	[]byte("heap limit"), []byte("heap out of memory"), // V8
}

func heapExhausted(dir string) bool {
	tail := tailOf(filepath.Join(dir, harness.StderrFile), 64<<10)
	for _, words := range exhausted {
		if bytes.Contains(tail, words) {
			return true
		}
	}
	return false
}

// headOf reads the beginning of a file, tailOf its end; nothing where it cannot be read.
func headOf(path string, size int64) []byte { return partOf(path, size, io.SeekStart, 0) }
func tailOf(path string, size int64) []byte { return partOf(path, size, io.SeekEnd, -size) }

// partOf reads so many bytes at most from an offset; from the beginning of a file that
// is shorter than its wanted end.
func partOf(path string, size int64, whence int, offset int64) []byte {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > size {
		if _, err := file.Seek(offset, whence); err != nil {
			return nil
		}
	}
	text, err := io.ReadAll(io.LimitReader(file, size))
	if err != nil {
		return nil
	}
	return text
}

// note adds a warning to the verdict.
func (e *evidence) note(format string, args ...any) {
	e.warnings = append(e.warnings, fmt.Sprintf(format, args...))
}
