package process

import (
	"crypto/rand"
	"errors"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/probe"
)

// instance is a started process and its process group.
type instance struct {
	command *exec.Cmd
	group   *group
	sockets *probe.Sockets // nil for the peer
	record  string         // its line in the state directory
	output  output
	done    chan struct{}
	exit    harness.Exit

	reaped   chan struct{}  // closed when the process itself has ended
	watching sync.WaitGroup // the watcher, who may still call Notice
	killedBy atomic.Pointer[string]
}

func startInstance(command *exec.Cmd, run string, program engine.Program) (*instance, error) {
	i := &instance{command: command, done: make(chan struct{}), reaped: make(chan struct{})}
	mark := run + "-" + rand.Text()
	command.Env = append(command.Env, engine.EnvRun+"="+mark)
	release, err := i.output.take(command)
	if err != nil {
		return nil, err
	}
	err = command.Start()
	release()
	if err != nil {
		i.output.wait()
		return nil, err
	}
	i.group = newGroup(command.Process.Pid, mark)
	i.record = remember(run, mark, command.Process.Pid)
	if program.Limits.Memory > 0 {
		i.watching.Go(func() { i.watch(program.Limits.Memory, program.Notice) })
	}
	go i.wait()
	return i, nil
}

// wait reaps the process, ends all that outlived it, wherever they went, and only then
// waits for the rest of the output: they may hold it open. While somebody would not
// go, the record stays, for Clean.
func (i *instance) wait() {
	err := i.command.Wait()
	close(i.reaped)
	i.exit = harness.Exit{Code: i.command.ProcessState.ExitCode(), By: harness.ByProgram}
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		if status, ok := failed.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			i.exit.Signal = status.Signal().String()
			i.exit.Code = 128 + int(status.Signal())
			if status.Signal() == syscall.SIGKILL {
				i.exit.By = harness.ByKernel // the host ran short, or a stranger did it
			}
		}
	}
	if by := i.killedBy.Load(); by != nil {
		i.exit.By = *by
	}
	_, left := i.group.end()
	i.output.wait()
	i.watching.Wait()
	if len(left) == 0 {
		forget(i.record)
	}
	close(i.done)
}

// watch kills everybody when their anonymous memory reaches the limit.
func (i *instance) watch(limit harness.Bytes, notice func(harness.EventKind, string)) {
	pause := watchEvery
	for {
		select {
		case <-i.reaped:
			return
		case <-time.After(pause):
		}
		anon := i.group.anonymous()
		if anon >= limit {
			i.end(harness.ByWatcher, syscall.SIGKILL)
			if notice != nil {
				notice(harness.EventLimit, "anonymous memory "+anon.Human()+" reached the limit of "+limit.Human())
			}
			return
		}
		pause = watchEvery
		if float64(anon) > watchNear*float64(limit) {
			pause = watchNearEvery
		}
	}
}

// end signals everybody and remembers who did; the first one counts. Once the process
// was reaped its number may be a stranger's, and wait ends the others.
func (i *instance) end(by string, signal syscall.Signal) {
	select {
	case <-i.reaped:
		return
	default:
	}
	i.killedBy.CompareAndSwap(nil, &by)
	i.group.signal(signal)
}

func (i *instance) kill() { i.end(harness.ByHighwater, syscall.SIGKILL) }

// Stop implements engine.Instance.
func (i *instance) Stop(grace time.Duration) error {
	select {
	case <-i.done:
		return nil
	default:
	}
	i.end(harness.ByHighwater, syscall.SIGTERM)
	select {
	case <-i.done:
	case <-time.After(grace):
		i.kill()
		<-i.done
	}
	return nil
}

// OpenTargets implements engine.Opener.
func (i *instance) OpenTargets() (map[string]int, error) {
	return probe.DescriptorTargets("/proc", i.command.Process.Pid)
}

// Done implements engine.Instance.
func (i *instance) Done() <-chan struct{} { return i.done }

// Exit implements engine.Instance.
func (i *instance) Exit() harness.Exit { return i.exit }

// Describe implements engine.Instance.
func (i *instance) Describe(map[string]string) {}

// Sample implements engine.Instance.
func (i *instance) Sample(values map[harness.Metric]float64) error {
	select {
	case <-i.done:
		return errors.New("sample process: it has ended")
	default:
	}
	anon := i.group.anonymous()
	if anon == 0 {
		return errors.New("sample process: its memory has gone, and its end is about to be seen")
	}
	values[harness.MemoryAnon] = float64(anon)
	main, err := process.NewProcess(int32(i.command.Process.Pid))
	if err != nil {
		return err
	}
	addUse(main, values)
	return nil
}

// SampleQueues implements engine.Wired.
func (i *instance) SampleQueues(values map[harness.Metric]float64) error {
	select {
	case <-i.done:
		return errors.New("sample queues: the process has ended")
	default:
		return i.sockets.Sample(values)
	}
}
