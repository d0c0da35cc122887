package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/runner"
)

// progress shows how a run stands: one moving line on a terminal, a line for each
// step elsewhere.
type progress struct {
	w        io.Writer
	terminal bool

	mu    sync.Mutex
	last  map[string]string // the step that was told last, by run
	shown time.Time
	open  bool // the moving line has no newline yet
}

// showEvery is the pace of the moving line.
const showEvery = 200 * time.Millisecond

func newProgress(w io.Writer) *progress {
	return &progress{w: w, terminal: isTerminal(w), last: map[string]string{}}
}

// show implements runner.Runner's Progress.
func (p *progress) show(at runner.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	run := at.Scenario + " " + at.Variant
	step := run + ": " + at.Step
	isNew := step != p.last[run]
	p.last[run] = step
	switch {
	case p.terminal && (isNew || time.Since(p.shown) > showEvery):
		p.shown, p.open = time.Now(), true
		fmt.Fprintf(p.w, "\r\x1b[K%s%s%s", step, figures(at), p.others())
	case !p.terminal && isNew:
		fmt.Fprintf(p.w, "%s%s\n", step, figures(at))
	}
}

func figures(at runner.Progress) string {
	if at.Values == nil {
		return ""
	}
	memory := harness.Bytes(at.Values[harness.MemoryAnon]).Human()
	if _, counted := at.Values[harness.SourceBytes]; !counted {
		return fmt.Sprintf("  %4.1f s  memory %s  delivered %s", at.Seconds, memory, harness.Bytes(at.Values[harness.SinkBytes]).Human())
	}
	onTheWay := at.Values[harness.SocketQueues] + at.Values[harness.SinkUnread] // nobody's to answer for
	backlog := at.Values[harness.SourceBytes] - at.Values[harness.SinkBytes] - onTheWay
	return fmt.Sprintf("  %4.1f s  memory %s  taken and not delivered %s",
		at.Seconds, memory, harness.Bytes(max(0, backlog)).Human())
}

// others says how many runs go on beside the one that is shown.
func (p *progress) others() string {
	if len(p.last) < 2 {
		return ""
	}
	return fmt.Sprintf("  (and %d more)", len(p.last)-1)
}

// verdict says how one run ended; words are told right behind it.
func (p *progress) verdict(scenario, variant string, verdict *harness.Verdict, words func()) {
	p.end()
	p.mu.Lock()
	defer p.mu.Unlock()
	defer words()
	delete(p.last, scenario+" "+variant)
	fmt.Fprintf(p.w, "%s %s: %s after %.1f s, %s\n", scenario, variant, verdict.Outcome, verdict.DurationSeconds, verdict.Cause)
}

// end closes the moving line.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.open = false
	}
}
