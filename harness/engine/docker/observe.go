package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/probe"
)

// Running is a container that somebody else started.
type Running struct {
	// Port is where it serves, inside. It tells the program's sockets from those of
	// others where the container shares its host's network.
	Port int

	engine *Engine
	told   container.InspectResponse
}

// ErrNotRunning is a name under which nothing runs.
var ErrNotRunning = errors.New("no such container runs")

// Find looks for a running container by its name or number.
func (e *Engine) Find(ctx context.Context, name string) (*Running, error) {
	result, err := e.client.ContainerInspect(ctx, name, client.ContainerInspectOptions{})
	if err == nil && result.Container.State != nil && result.Container.State.Running {
		return &Running{engine: e, told: result.Container}, nil
	}
	running, listed := e.Names(ctx)
	if listed != nil {
		return nil, fmt.Errorf("find container %s: %w", name, errors.Join(err, listed))
	}
	why := "it does not exist"
	if err == nil && result.Container.State != nil {
		why = "its state is " + string(result.Container.State.Status)
	}
	known := "nothing runs"
	if len(running) > 0 {
		known = "running are " + strings.Join(running, ", ")
	}
	return nil, fmt.Errorf("find container %s: %w: %s; %s, as the engine at %s tells this user", name, ErrNotRunning, why, known, e.client.DaemonHost())
}

// Names lists the running containers.
func (e *Engine) Names(ctx context.Context) ([]string, error) {
	listed, err := e.client.ContainerList(ctx, client.ContainerListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	var names []string
	for _, one := range listed.Items {
		if len(one.Names) > 0 {
			names = append(names, strings.TrimPrefix(one.Names[0], "/"))
		}
	}
	slices.Sort(names)
	return names, nil
}

// Name is the container's, Image the reference of what it was started from.
func (r *Running) Name() string { return strings.TrimPrefix(r.told.Name, "/") }

// Image is the reference that the container was started from.
func (r *Running) Image() string { return r.told.Config.Image }

// Limit is the container's memory limit; 0 where it has none.
func (r *Running) Limit() harness.Bytes { return harness.Bytes(r.told.HostConfig.Memory) }

// Facts describes the container.
func (r *Running) Facts() map[string]string {
	return map[string]string{
		"engine": "attach, to a container of docker " + r.engine.info.Info.ServerVersion, "engine_host": r.engine.client.DaemonHost(),
		"container": r.Name(), "container_id": fmt.Sprintf("%.12s", r.told.ID), "image": r.Image(),
		"cgroup_version": r.engine.info.Info.CgroupVersion,
	}
}

// Published says under which ports of its host the container answers at one of its own
// (0: at any), and Reached whether host and port lead to the container.
func (r *Running) Published(port int) (found []string) {
	for own, bindings := range r.told.NetworkSettings.Ports {
		for _, binding := range bindings {
			if port == 0 || int(own.Num()) == port {
				found = append(found, binding.HostPort)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// Addresses are the container's own, inside the engine's networks.
func (r *Running) Addresses() (found []string) {
	for _, network := range r.told.NetworkSettings.Networks {
		if network != nil && network.IPAddress.IsValid() {
			found = append(found, network.IPAddress.String())
		}
	}
	slices.Sort(found)
	return found
}

// Doubt says why an address may not be the container's, or nothing.
func (r *Running) Doubt(host string, port int) string {
	if r.told.HostConfig.NetworkMode.IsHost() || slices.Contains(r.Addresses(), host) || slices.Contains(r.Published(0), strconv.Itoa(port)) {
		return ""
	}
	published := "it publishes none"
	if ports := r.Published(0); len(ports) > 0 {
		published = "it publishes " + strings.Join(ports, ", ")
	}
	return fmt.Sprintf("container %s does not publish port %d (%s): what answers at %s may be another program, and memory is the container's",
		r.Name(), port, published, net.JoinHostPort(host, strconv.Itoa(port)))
}

// Lacking says what cannot be seen of the container, and what can be judged all the same.
func (r *Running) Lacking() (lines []string) {
	if !r.engine.local {
		return []string{"the container's kernel is not this machine's: memory comes from the engine's statistics, once a second, and a death within a second may show no growth; descriptors and socket queues cannot be seen. Memory, pressure and the end can still be judged"}
	}
	counters, err := probe.OpenCgroupOf(probe.CgroupRoot, "/proc", r.told.State.Pid)
	if err != nil {
		return []string{fmt.Sprintf("%v: memory comes from the engine's statistics, once a second. Growth, pressure and the end can still be judged", err)}
	}
	counters.Close()
	if _, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.told.State.Pid)); err != nil {
		lines = append(lines, fmt.Sprintf("descriptors cannot be counted (%v): run highwater as root to see leaked ones. Memory can still be judged", err))
	}
	return lines
}

// OpenInspector signals Node.js to open its inspector.
func (r *Running) OpenInspector(ctx context.Context) error {
	if !r.engine.local {
		return errors.New("open inspector: the container's kernel is not this machine's, so nobody can say whether the program would die of SIGUSR1; start it with --inspect instead")
	}
	return probe.OpenInspector("/proc", r.told.State.Pid, func() error {
		_, err := r.engine.client.ContainerKill(ctx, r.told.ID, client.ContainerKillOptions{Signal: "SIGUSR1"})
		return err
	})
}

// Watch attaches everything that watches, and starts nothing.
func (r *Running) Watch(ctx context.Context, program engine.Program) (engine.Instance, error) {
	program.Image = r.Image()
	i := newInstance(r.engine, nil, program)
	i.id = r.told.ID
	watch, cancel := context.WithCancel(context.Background())
	i.cancel = cancel
	i.watchers.Go(func() { i.watchEvents(watch) })
	wait := r.engine.client.ContainerWait(watch, i.id, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	i.openCounters(ctx)
	if i.sockets != nil && r.told.HostConfig.NetworkMode.IsHost() {
		i.sockets.Mine = func(local, _ int) bool { return local == r.Port }
	}
	o := &observed{instance: i}
	i.watchers.Go(func() { o.wait(watch, wait) })
	return o, nil
}

// observed is a container of somebody else's: watched like one's own, and left as it is.
type observed struct{ *instance }

// wait learns of the end by itself, or of the end of the watching. What the engine says
// then may already be the next start's, where a restart policy holds.
func (o *observed) wait(ctx context.Context, wait client.ContainerWaitResult) {
	defer close(o.done)
	select {
	case end := <-wait.Result:
		o.exit = harness.Exit{Code: int(end.StatusCode), OOMKilled: o.oom.Load(), By: harness.ByProgram}
		if end.StatusCode == killedCode {
			o.exit.Signal = "killed"
		}
		if o.inspectedKill(ctx) || o.oom.Load() {
			o.exit.OOMKilled, o.exit.By = true, harness.ByKernel
		}
	case <-ctx.Done():
		o.exit = harness.Exit{By: harness.ByNobody}
	case <-wait.Error: // the engine has gone, and with it all that could be seen
		o.exit = harness.Exit{Code: harness.CodeUnknown, By: harness.ByProgram}
		if ctx.Err() != nil {
			o.exit = harness.Exit{By: harness.ByNobody}
		}
	}
}

// killedCode is how an engine says SIGKILL.
const killedCode = 137

// inspectedKill asks the engine whether the end was an OOM kill. Its event may still be
// on its way.
func (o *observed) inspectedKill(ctx context.Context) bool {
	limited, cancel := context.WithTimeout(ctx, oomReported)
	defer cancel()
	for {
		result, err := o.engine.client.ContainerInspect(limited, o.id, client.ContainerInspectOptions{})
		if err != nil || o.oom.Load() || o.exit.Code != killedCode {
			return false
		}
		if state := result.Container.State; state != nil && !state.Running {
			return state.OOMKilled
		}
		select {
		case <-limited.Done():
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// oomReported bounds the wait for the engine's account of a kill.
const oomReported = 2 * time.Second

// Stop ends the watching. The container goes on.
func (o *observed) Stop(time.Duration) error {
	o.cancel()
	if o.remote != nil {
		o.remote.close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), removeTimeout)
	defer cancel()
	err := o.watched(ctx)
	if o.cgroup != nil {
		o.cgroup.Close()
	}
	return err
}
