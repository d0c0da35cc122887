package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/probe"
)

// Running is a process that somebody else started, with its descendants.
type Running struct {
	// Port is where it serves: it tells its sockets from those of others.
	Port int

	pid    int
	main   *process.Process
	limits harness.Bytes
}

// ErrNoProcess is a number that no process has.
var ErrNoProcess = errors.New("no such process runs")

// Find looks for a running process, and makes sure that its memory can be read.
func Find(pid int) (*Running, error) {
	main, err := process.NewProcess(int32(pid))
	if err != nil || ended(main) {
		return nil, fmt.Errorf("find process %d: %w", pid, ErrNoProcess)
	}
	if anonymousOf(main) == 0 {
		if _, err := main.MemoryInfo(); err != nil {
			return nil, fmt.Errorf("watch process %d: its memory cannot be read: %w; run highwater as root, or as the user of the process", pid, err)
		}
		return nil, fmt.Errorf("watch process %d: it has no memory of its own to watch: it belongs to the kernel, or has ended", pid)
	}
	limit, _ := probe.CgroupMemoryLimit(probe.CgroupRoot, "/proc", pid)
	return &Running{pid: pid, main: main, limits: limit}, nil
}

// Command is the process's command line.
func (r *Running) Command() []string {
	words, err := r.main.CmdlineSlice()
	if err == nil {
		words = slices.DeleteFunc(words, func(word string) bool { return strings.TrimSpace(word) == "" })
	}
	if len(words) > 0 {
		return words
	}
	return []string{r.Name()}
}

// Name is the name of its program.
func (r *Running) Name() string {
	name, err := r.main.Name()
	if err != nil || name == "" {
		return "process-" + strconv.Itoa(r.pid)
	}
	return name
}

// Limit is that of the control group which the process lives in, perhaps with others;
// 0 where there is none.
func (r *Running) Limit() harness.Bytes { return r.limits }

// Facts describes the process.
func (r *Running) Facts() map[string]string {
	return map[string]string{"engine": "attach, to a process", "pid": strconv.Itoa(r.pid), "program": r.Name()}
}

// Lacking says what cannot be seen of the process, and what can be judged all the same.
func (r *Running) Lacking() (lines []string) {
	if _, err := r.main.NumFDs(); err != nil {
		lines = append(lines, fmt.Sprintf("descriptors cannot be counted (%v): run highwater as root, or as the user of the process, to see leaked ones. Memory can still be judged", err))
	}
	if _, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(r.pid), "net", "tcp")); err != nil {
		lines = append(lines, fmt.Sprintf("socket queues cannot be read (%v): what lies in the kernel cannot be told from what was never sent. Memory can still be judged", err))
	}
	return lines
}

// OpenInspector signals Node.js to open its inspector.
func (r *Running) OpenInspector(context.Context) error {
	return probe.OpenInspector("/proc", r.pid, func() error { return syscall.Kill(r.pid, syscall.SIGUSR1) })
}

// Watch begins to watch the process and its descendants.
func (r *Running) Watch(_ context.Context, program engine.Program) (engine.Instance, error) {
	if ended(r.main) {
		return nil, fmt.Errorf("watch process %d: it has ended", r.pid)
	}
	o := &observed{of: r, group: newGroup(r.pid, ""), program: program, done: make(chan struct{}), let: make(chan struct{})}
	o.sockets = &probe.Sockets{Dir: filepath.Join("/proc", strconv.Itoa(r.pid), "net"), Mine: func(local, _ int) bool { return local == r.Port }}
	o.kills = o.countKills()
	o.group.mu.Lock()
	o.group.look()
	o.group.mu.Unlock()
	go o.wait()
	return o, nil
}

// observed is a process of somebody else's: watched like one's own, and left as it is.
type observed struct {
	of      *Running
	program engine.Program
	group   *group // never signalled
	sockets *probe.Sockets
	kills   float64 // that its control group had counted before
	done    chan struct{}
	let     chan struct{} // closed when nobody wants to know any more
	once    sync.Once
	exit    harness.Exit
}

// lookAlive is how often the process is asked whether it lives: only its parent is told.
const lookAlive = 20 * time.Millisecond

// wait sees the end of the process, or of the watching. A kill for want of memory shows
// in the counter of the control group, which moves for others in it, too.
func (o *observed) wait() {
	defer close(o.done)
	ticker := time.NewTicker(lookAlive)
	defer ticker.Stop()
	for !ended(o.of.main) {
		select {
		case <-o.let:
			o.exit = harness.Exit{By: harness.ByNobody}
			return
		case <-ticker.C:
		}
	}
	o.exit = harness.Exit{Code: harness.CodeUnknown, By: harness.ByProgram}
	if o.countKills() > o.kills {
		o.exit = harness.Exit{Code: harness.CodeUnknown, By: harness.ByKernel, OOMKilled: true, Signal: "killed"}
		if o.program.Notice != nil {
			o.program.Notice(harness.EventOOM, "the process has gone, and its control group counted an OOM kill")
		}
	}
}

// countKills reads the counter of the process's control group; 0 where there is none.
func (o *observed) countKills() float64 {
	counters, err := probe.OpenCgroupOf(probe.CgroupRoot, "/proc", o.of.pid)
	if err != nil {
		return 0
	}
	defer counters.Close()
	values := map[harness.Metric]float64{}
	_ = counters.Sample(values) // what cannot be read counts nothing
	return values[harness.OOMKills]
}

// Sample implements engine.Instance: all sums are over the process and its descendants.
func (o *observed) Sample(values map[harness.Metric]float64) error {
	select {
	case <-o.done:
		return errors.New("sample process: it has ended")
	default:
	}
	anon := o.group.anonymous()
	if anon == 0 {
		return errors.New("sample process: its memory has gone, and its end is about to be seen")
	}
	values[harness.MemoryAnon] = float64(anon)
	o.group.count(values)
	return nil
}

// SampleQueues implements engine.Wired.
func (o *observed) SampleQueues(values map[harness.Metric]float64) error {
	select {
	case <-o.done:
		return errors.New("sample queues: the process has ended")
	default:
		return o.sockets.Sample(values)
	}
}

// count adds what the members use besides memory.
func (g *group) count(values map[harness.Metric]float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, member := range g.members {
		addUse(member, values)
	}
}

// addUse adds what one process uses besides memory. What may not be read is left out.
func addUse(member *process.Process, values map[harness.Metric]float64) {
	if times, err := member.Times(); err == nil {
		values[harness.CPUTime] += times.User + times.System
		values[harness.SystemTime] += times.System
	}
	if descriptors, err := member.NumFDs(); err == nil {
		values[harness.Descriptors] += float64(descriptors)
	}
	if calls, err := member.IOCounters(); err == nil {
		values[harness.WriteCalls] += float64(calls.WriteCount)
	}
	if faults, err := member.PageFaults(); err == nil && faults != nil {
		values[harness.MajorFaults] += float64(faults.MajorFaults)
	}
}

// OpenTargets implements engine.Opener.
func (o *observed) OpenTargets() (map[string]int, error) {
	o.group.mu.Lock()
	defer o.group.mu.Unlock()
	var pids []int
	for _, member := range o.group.members {
		pids = append(pids, int(member.Pid))
	}
	return probe.DescriptorTargets("/proc", pids...)
}

// Done implements engine.Instance.
func (o *observed) Done() <-chan struct{} { return o.done }

// Exit implements engine.Instance.
func (o *observed) Exit() harness.Exit { return o.exit }

// Stop ends the watching. The process goes on.
func (o *observed) Stop(time.Duration) error {
	o.once.Do(func() { close(o.let) })
	<-o.done
	return nil
}

// Describe implements engine.Instance.
func (o *observed) Describe(facts map[string]string) {
	facts["memory_from"] = "/proc of the process and its descendants"
}
