package docker

import (
	"context"
	"fmt"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/highwater-dev/highwater/harness"
)

// watchEvents hears of an OOM kill before the container's end is reported.
func (i *instance) watchEvents(ctx context.Context) {
	stream := i.engine.client.Events(ctx, client.EventsListOptions{
		Filters: make(client.Filters).Add("container", i.id).Add("event", "oom"),
	})
	for {
		select {
		case message := <-stream.Messages:
			if message.Action == "oom" && !i.oom.Swap(true) && i.program.Notice != nil {
				i.program.Notice(harness.EventOOM, "the engine reports an OOM kill")
			}
		case <-stream.Err:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (i *instance) copyOutput(ctx context.Context) {
	logs, err := i.engine.client.ContainerLogs(ctx, i.id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: true})
	if err != nil {
		return
	}
	defer logs.Close()
	// A stream cut short by the container's removal ends the copy; nothing is lost.
	_, _ = stdcopy.StdCopy(i.program.Stdout, i.program.Stderr, logs)
}

// wait learns of the end, asks how it came, and closes done.
func (i *instance) wait(ctx context.Context, wait client.ContainerWaitResult, output <-chan struct{}) {
	select {
	case <-wait.Result:
	case <-wait.Error:
	}
	i.exit = i.inspectExit(ctx)
	select {
	case <-output:
	case <-time.After(5 * time.Second): // a daemon that does not end its log stream
	}
	close(i.done)
}

// inspectExit reads the engine's word on the end. Right after the end it may still be
// under way, so it is asked again while it says "running".
func (i *instance) inspectExit(ctx context.Context) harness.Exit {
	exit := harness.Exit{Code: -1, By: harness.ByHighwater}
	for range 100 {
		result, err := i.engine.client.ContainerInspect(ctx, i.id, client.ContainerInspectOptions{})
		if err != nil {
			return exit // removed, or the engine has gone
		}
		if state := result.Container.State; state != nil && !state.Running {
			return i.exitOf(state)
		}
		select {
		case <-ctx.Done():
			return exit
		case <-time.After(20 * time.Millisecond):
		}
	}
	return exit
}

func (i *instance) exitOf(state *container.State) harness.Exit {
	exit := harness.Exit{Code: state.ExitCode, OOMKilled: state.OOMKilled || i.oom.Load(), By: harness.ByProgram}
	switch {
	case i.stopped.Load():
		exit.By = harness.ByHighwater
	case exit.OOMKilled:
		exit.By = harness.ByKernel
	}
	if state.ExitCode == 137 {
		exit.Signal = "killed"
	}
	return exit
}

// watched waits until nobody watches any more: what they tell goes into a run
// directory that is closed next.
func (i *instance) watched(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		i.watchers.Wait()
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("end watchers of container %.12s: %w", i.id, ctx.Err())
	}
}
