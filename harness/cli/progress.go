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
	last  string // the step that was told last
	shown time.Time
	open  bool // the moving line has no newline yet
}

// showEvery is the pace of the moving line.
const showEvery = 200 * time.Millisecond

func newProgress(w io.Writer) *progress { return &progress{w: w, terminal: isTerminal(w)} }

// show implements runner.Runner's Progress.
func (p *progress) show(at runner.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	step := at.Scenario + " " + at.Variant + ": " + at.Step
	isNew := step != p.last
	p.last = step
	switch {
	case p.terminal && (isNew || time.Since(p.shown) > showEvery):
		p.shown, p.open = time.Now(), true
		fmt.Fprintf(p.w, "\r\x1b[K%s%s", step, figures(at))
	case !p.terminal && isNew:
		fmt.Fprintf(p.w, "%s%s\n", step, figures(at))
	}
}

func figures(at runner.Progress) string {
	if at.Values == nil {
		return ""
	}
	onTheWay := at.Values[harness.SocketQueues] + at.Values[harness.SinkUnread] // nobody's to answer for
	backlog := at.Values[harness.SourceBytes] - at.Values[harness.SinkBytes] - onTheWay
	return fmt.Sprintf("  %4.1f s  memory %s  taken and not delivered %s",
		at.Seconds, harness.Bytes(at.Values[harness.MemoryAnon]).Human(), harness.Bytes(max(0, backlog)).Human())
}

// verdict says how one run ended.
func (p *progress) verdict(scenario, variant string, verdict *harness.Verdict) {
	p.end()
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
