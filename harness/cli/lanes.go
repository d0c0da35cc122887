package cli

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
)

// lanesPerCore is how many runs "auto" has at once for each core. Most programs of the
// catalog wait for a slow sink most of the time; with more lanes than this the two ends of
// the wire would begin to wait for the processor, and not for the program. Where a page of
// memory costs more than slowPage, one run takes a core: side by side, sound programs there
// were too slow to give up on their clients in time.
const (
	lanesPerCore = 2
	slowPage     = 2 * time.Microsecond
)

// autoParallel leaves the number to highwater.
const autoParallel = "auto"

func addParallel(to *cobra.Command, value *string) {
	to.Flags().StringVar(value, "parallel", "1", "how many runs at once: a number, or auto for as many as memory, cores and engine allow")
	_ = to.RegisterFlagCompletionFunc("parallel", cobra.FixedCompletions([]string{"1", autoParallel}, cobra.ShellCompDirectiveNoFileComp))
}

// crowds says whether runs side by side would take the processor from one another and
// from those who watch: "auto" lets them only where the engine limits it.
func (f runFlags) crowds(engine string) bool { return f.parallel == autoParallel && engine != "docker" }

// lanesOf reads the flag.
func lanesOf(parallel string) (int, error) {
	if parallel == autoParallel {
		return autoLanes(runtime.NumCPU(), pageCost()), nil
	}
	count, err := strconv.Atoi(parallel)
	if err != nil || count < 1 || count > 1000 {
		return 0, usagef("--parallel %q: want a number from 1, or auto", parallel)
	}
	return count, nil
}

// autoLanes is how many runs a machine can have at once.
func autoLanes(cores int, page time.Duration) int {
	if page > slowPage {
		return cores
	}
	return lanesPerCore * cores
}

// lanes bound what runs at once: so many runs, no more memory than was there when the
// first began, and nothing beside a run that has to be alone.
type lanes struct {
	count int

	mu      sync.Mutex
	changed *sync.Cond
	memory  harness.Bytes // there when the first began; 0: not known yet
	used    harness.Bytes
	running int
	alone   bool
}

func newLanes(count int) *lanes {
	l := &lanes{count: count}
	l.changed = sync.NewCond(&l.mu)
	return l
}

// available is the memory that was there before the first run: what runs meanwhile has
// its own in these lanes' books.
func (l *lanes) available(ctx context.Context, in engine.Engine) (harness.Bytes, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running > 0 && l.memory > 0 {
		return l.memory, nil
	}
	memory, err := in.AvailableMemory(ctx)
	l.memory = memory
	return memory, err
}

// enter waits for a free lane and for memory, and takes both until leave is called.
func (l *lanes) enter(memory harness.Bytes, alone bool) (leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.running > 0 && (l.running >= l.count || l.alone || alone || l.used+memory > l.memory) {
		l.changed.Wait()
	}
	l.running++
	l.used += memory
	l.alone = alone
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.running--
		l.used -= memory
		l.alone = false
		l.changed.Broadcast()
	}
}
