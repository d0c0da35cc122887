package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/shirou/gopsutil/v4/process"
	"github.com/testcontainers/testcontainers-go"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/probe"
)

// instance is a container and those who watch it: the engine's event stream, the
// call that waits for its end, the output, and the kernel's counters.
type instance struct {
	engine    *Engine
	container testcontainers.Container
	id        string
	program   engine.Program

	cgroup   *probe.Cgroup              // nil where the engine's kernel is another machine's
	sockets  *probe.Sockets             // likewise
	main     *process.Process           // likewise
	networks *container.NetworkSettings // likewise
	remote   *statsStream               // the engine's own figures, once a second, in its place
	done     chan struct{}
	exit     harness.Exit
	oom      atomic.Bool
	stopped  atomic.Bool
	cancel   context.CancelFunc

	watchers sync.WaitGroup // whoever may still call program.Notice or write its output
}

func newInstance(e *Engine, created testcontainers.Container, program engine.Program) *instance {
	if program.Stdout == nil {
		program.Stdout = io.Discard
	}
	if program.Stderr == nil {
		program.Stderr = io.Discard
	}
	return &instance{engine: e, container: created, program: program, done: make(chan struct{}), cancel: func() {}}
}

// start attaches the watchers and starts the container.
func (i *instance) start(ctx context.Context) error {
	watch, cancel := context.WithCancel(context.Background())
	i.cancel = cancel
	i.watchers.Go(func() { i.watchEvents(watch) })
	wait := i.engine.client.ContainerWait(watch, i.id, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if err := i.container.Start(ctx); err != nil {
		return err
	}
	output := make(chan struct{})
	i.watchers.Go(func() {
		defer close(output)
		i.copyOutput(watch)
	})
	i.openCounters(ctx)
	i.watchers.Go(func() { i.wait(watch, wait, output) })
	return nil
}

// openCounters finds the cheapest source that tells the truth: the kernel's own
// files, else the engine's figures. A program that has ended already has neither.
func (i *instance) openCounters(ctx context.Context) {
	if i.engine.local {
		told, err := i.engine.client.ContainerInspect(ctx, i.id, client.ContainerInspectOptions{})
		if err != nil || told.Container.State == nil || told.Container.State.Pid == 0 {
			return
		}
		i.networks = told.Container.NetworkSettings
		pid := told.Container.State.Pid
		i.cgroup, err = probe.OpenCgroupOf(probe.CgroupRoot, "/proc", pid)
		if err == nil {
			i.main = i.mainProcess(ctx, int32(pid))
			i.sockets = &probe.Sockets{Dir: filepath.Join("/proc", strconv.Itoa(pid), "net")}
			return
		}
	}
	i.remote = followStats(i.engine.client, i.id)
}

// initStarts bounds how long a container's init may take to start the program.
const initStarts = 2 * time.Second

// mainProcess is the program's own first process: that of the container, or the child of
// its init; nil where it cannot be found.
func (i *instance) mainProcess(ctx context.Context, pid int32) *process.Process {
	first, err := process.NewProcess(pid)
	if err != nil || i.program.Node == nil {
		return first
	}
	for until := time.Now().Add(initStarts); time.Now().Before(until) && ctx.Err() == nil; time.Sleep(time.Millisecond) {
		if children, err := first.ChildrenWithContext(ctx); err == nil && len(children) > 0 {
			return children[0]
		}
	}
	return nil
}

// Sample implements engine.Instance.
func (i *instance) Sample(values map[harness.Metric]float64) error {
	select {
	case <-i.done:
		return errors.New("sample container: it has ended")
	default:
	}
	switch {
	case i.cgroup != nil && i.oom.Load():
		return i.sampleKills(values)
	case i.oom.Load():
		return errors.New("sample container: it was killed") // what is left to read is its teardown
	case i.cgroup != nil:
		return i.sampleKernel(values)
	case i.remote != nil:
		return i.remote.sample(values)
	}
	return errors.New("sample container: it ended before its counters could be opened")
}

// sampleKernel reads the kernel's own files. Those of a group whose last process has
// gone still say how many bytes are left, none: that is no reading of the program.
func (i *instance) sampleKernel(values map[harness.Metric]float64) error {
	counted := map[harness.Metric]float64{}
	if err := i.cgroup.Sample(counted); err != nil {
		return err
	}
	if counted[harness.MemoryAnon] == 0 {
		return errors.New("sample container: its last process has gone")
	}
	maps.Copy(values, counted)
	// Where these may not be read, the run does without.
	if i.main != nil {
		if descriptors, err := i.main.NumFDs(); err == nil {
			values[harness.Descriptors] = float64(descriptors)
		}
		if calls, err := i.main.IOCounters(); err == nil {
			values[harness.WriteCalls] = float64(calls.WriteCount)
		}
	}
	return nil
}

// SampleQueues implements engine.Wired.
func (i *instance) SampleQueues(values map[harness.Metric]float64) error {
	select {
	case <-i.done:
		return errors.New("sample queues: the container has ended")
	default:
	}
	if i.sockets == nil || i.oom.Load() {
		return errors.New("sample queues: the engine's kernel is another machine's, or the container was killed")
	}
	return i.sockets.Sample(values)
}

// sampleKills reads the counter that decides whether the kernel killed. All else that
// is left to read after the engine's report is a teardown.
func (i *instance) sampleKills(values map[harness.Metric]float64) error {
	counted := map[harness.Metric]float64{}
	if err := i.cgroup.Sample(counted); err != nil {
		return err
	}
	if kills, counts := counted[harness.OOMKills]; counts {
		values[harness.OOMKills] = kills
	}
	return nil
}

// OpenTargets implements engine.Opener.
func (i *instance) OpenTargets() (map[string]int, error) {
	if i.main == nil {
		return nil, errors.New("list descriptors: the engine's kernel is another machine's")
	}
	return probe.DescriptorTargets("/proc", int(i.main.Pid))
}

// Done implements engine.Instance.
func (i *instance) Done() <-chan struct{} { return i.done }

// Exit implements engine.Instance.
func (i *instance) Exit() harness.Exit { return i.exit }

// Stop implements engine.Instance.
func (i *instance) Stop(grace time.Duration) error {
	i.stopped.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), grace+removeTimeout)
	defer cancel()
	if err := i.container.Stop(ctx, &grace); err != nil {
		return fmt.Errorf("stop container: %w", err)
	}
	select {
	case <-i.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop container: %w", ctx.Err())
	}
}

// Describe implements engine.Instance.
func (i *instance) Describe(facts map[string]string) {
	facts["image"] = i.program.Image
	switch {
	case i.cgroup != nil:
		facts["memory_from"] = "cgroup v" + strconv.Itoa(i.cgroup.Version) + " files"
	case i.remote != nil:
		facts["memory_from"] = "the engine's statistics, once a second"
	}
}

// remove kills and removes the container, and waits for its watchers.
func (i *instance) remove(ctx context.Context) error {
	i.stopped.Store(true)
	_, err := i.engine.client.ContainerRemove(ctx, i.id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	i.cancel()
	if i.remote != nil {
		i.remote.close()
	}
	err = errors.Join(err, i.watched(ctx))
	if i.cgroup != nil {
		i.cgroup.Close()
	}
	return err
}
