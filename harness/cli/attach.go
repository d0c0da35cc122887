package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine/attach"
	"github.com/highwater-dev/highwater/harness/engine/docker"
	"github.com/highwater-dev/highwater/harness/engine/process"
)

// attachFlags are the flags of attach.
type attachFlags struct {
	loadFlags
	container, debug, limit, out string
	pid                          int
	inspect, json                bool
}

func (c *command) attach() *cobra.Command {
	var flags attachFlags
	attach := &cobra.Command{
		Use:   "attach (--container NAME | --pid N) --url URL",
		Short: "Let slow clients come to a program that already runs, and judge its memory",
		Long: `attach needs no file and no source code: so many slow clients download from a
program that runs, in a container or as a process of this machine; its memory is
watched from outside, meanwhile and after they have left. The verdict and the report
are those of run.

Nothing is restarted or ended, nor signalled without --inspect, and nothing is left but the report. It is
real load, though: each client asks with GET, and asks again when its answer has
ended. Try it on a copy first. The URL, and what --send says, stand in the report.

The program's own source is not highwater's here, so there is no backlog: the verdict
rests on memory. It is convicted when memory grows beyond the bound and the room for
garbage (twice the bound and 8 MiB without --debug-port), or when it ends. It is
acquitted only when clients did push back, with answers too long for the kernel's
buffers to hide. The limit is the container's, or that of the process's control group.

With --debug-port, heap profiles are taken through /debug/pprof, or through the inspector
of Node.js, with the collections that they ask for: the guilty function is named then,
and of Node.js what lies in each stream. --inspect has Node.js open its inspector by
signal (SIGUSR1), and shut it afterwards. Name the process of node itself: npm, which may
have started it, is another. In a container the inspector opens on the container's own
loopback, out of reach, unless NODE_OPTIONS says --inspect-port=0.0.0.0:9229 there.

A process is watched with its descendants. For a server that has a process for each
client, allow what each costs: --bound 100MiB.

Exit codes: 0 acquitted; 1 convicted, or it ended; 2 usage, or there is no such
container, process or page; 3 nobody answers, or it cannot be watched; 4 inconclusive;
130 interrupted.`,
		Example: `  highwater attach --container shop --url http://localhost:8080/export
  highwater attach --pid $(pgrep -o nginx) --url http://localhost:8081/big.iso --clients 50 --for 30s
  highwater attach --container shop --url http://localhost:8080/export --debug-port 6060
  highwater attach --pid $(pgrep -o node) --url http://localhost:3000/export --inspect
  highwater attach --pid 4711 --url tcp://localhost:7000 --send 'GET everything\n'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.attachTo(cmd.Context(), flags) },
	}
	flags.add(attach)
	set := attach.Flags()
	set.StringVar(&flags.url, "url", "", "what the clients download: http://HOST:PORT/PATH, or tcp://HOST:PORT")
	set.StringVar(&flags.container, "container", "", "name or number of a running container")
	set.IntVar(&flags.pid, "pid", 0, "number of a process of this machine")
	set.StringVar(&flags.debug, "debug-port", "", "port, or HOST:PORT, at which the program serves /debug/pprof, or has the inspector of Node.js")
	set.BoolVar(&flags.inspect, "inspect", false, "have Node.js open its inspector by signal, at port 9229 unless --debug-port says another, and shut it afterwards")
	set.StringVar(&flags.limit, "memory-limit", "", "judge against this limit instead of the program's own; it is not enforced")
	set.StringVar(&flags.out, "out", "", "folder for report and recording (default highwater-out/DATE-TIME)")
	set.BoolVar(&flags.json, "json", false, "print report.json on standard output, and everything else on standard error")
	_ = attach.RegisterFlagCompletionFunc("container", completeContainers)
	return attach
}

// completeContainers offers the names of running containers.
func completeContainers(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), connectTimeout)
	defer cancel()
	e, err := docker.Connect(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer e.Close()
	names, _ := e.Names(ctx)
	return names, cobra.ShellCompDirectiveNoFileComp
}

// attachable is a running program of either kind.
type attachable interface {
	attach.Target
	// OpenInspector signals Node.js to open its inspector.
	OpenInspector(ctx context.Context) error
	// Doubt says why an address may not be the program's, Lacking what cannot be seen.
	Doubt(host string, port int) string
	Lacking() []string
}

func (c *command) attachTo(ctx context.Context, flags attachFlags) error {
	if (flags.container == "") == (flags.pid == 0) {
		return usagef("name what to attach to: either --container NAME or --pid N")
	}
	if flags.pid < 0 {
		return usagef("--pid %d: want the number of a process", flags.pid)
	}
	at, err := parseTarget(flags.url)
	if err != nil {
		return err
	}
	limit, err := parseSize("--memory-limit", flags.limit)
	if err != nil {
		return err
	}
	scenario, err := flags.scenario("attach", at.URL, harness.Variant{Role: harness.RoleSubject})
	if err != nil {
		return err
	}
	found, variant, hosts, done, err := flags.find(ctx, at)
	if err != nil {
		return err
	}
	defer done()
	scenario.Limits.Memory = found.Limit()
	if limit > 0 {
		scenario.Limits.Memory = limit
	}
	if err := at.look(ctx); err != nil {
		return err
	}
	if flags.inspect {
		flags.debug = cmp.Or(flags.debug, inspectPort)
		if err := signalFor(ctx, found, flags.debug, hosts); err != nil {
			return err
		}
	}
	debug, err := debugAddress(ctx, flags.debug, hosts, flags.inspect)
	if err != nil && flags.inspect {
		return fmt.Errorf("%w; the program was told to open its inspector, and keeps it open", err)
	}
	if err != nil {
		return err
	}
	debug.into(&variant)
	c.tellUnseen(found, at)
	scenario.Variants = []harness.Variant{variant}
	in := attach.Engine{Target: told{found, at}, Beside: process.Engine{}, Download: at.Host, Debug: debug.address, Signalled: flags.inspect}
	return c.runPlanned(ctx, []planned{{scenario: scenario, variants: scenario.Variants}}, &engines{only: in}, runFlags{repeat: 1, out: flags.out, json: flags.json})
}

// find looks for the program. hosts are where its debug port may be; done lets go of
// what was needed for finding it.
func (f attachFlags) find(ctx context.Context, at target) (found attachable, variant harness.Variant, hosts []string, done func(), err error) {
	done = func() {}
	variant.Role = harness.RoleSubject
	if f.pid != 0 {
		one, err := process.Find(f.pid)
		if err != nil {
			return nil, variant, nil, done, notThere(err, process.ErrNoProcess)
		}
		one.Port = at.port
		variant.Name, variant.Command = variantName(one.Name()), one.Command()
		return one, variant, []string{"127.0.0.1", at.Hostname()}, done, nil
	}
	limited, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	engine, err := docker.Connect(limited)
	if err != nil {
		return nil, variant, nil, done, fmt.Errorf("attach to container %s: %w", f.container, err)
	}
	one, err := engine.Find(limited, f.container)
	if err != nil {
		_ = engine.Close()
		return nil, variant, nil, done, notThere(err, docker.ErrNotRunning)
	}
	one.Port = at.port
	variant.Name, variant.Image = variantName(one.Name()), one.Image()
	return one, variant, debugHosts(one, f.debug, at), func() { _ = engine.Close() }, nil
}

// debugHosts are where a container's port may be reached: published, or at the
// container's own address.
func debugHosts(one *docker.Running, debug string, at target) (hosts []string) {
	if port, err := strconv.Atoi(debug); err == nil {
		for _, published := range one.Published(port) {
			hosts = append(hosts, net.JoinHostPort(at.Hostname(), published))
		}
	}
	return append(append(hosts, one.Addresses()...), at.Hostname())
}

// notThere makes an error of usage of a name under which there is nothing.
func notThere(err, kind error) error {
	if errors.Is(err, kind) {
		return usageError{err}
	}
	return err
}

// unseen is what is lacking and doubtful.
func unseen(found attachable, at target) []string {
	lines := append(found.Lacking(), found.Doubt(at.Hostname(), at.port))
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" })
}

// tellUnseen says before the run what it will not show.
func (c *command) tellUnseen(found attachable, at target) {
	for _, line := range unseen(found, at) {
		fmt.Fprintln(c.stderr, "note:", line)
	}
	if found.Limit() == 0 {
		fmt.Fprintln(c.stderr, "note: it runs without a memory limit: growth is judged against the bound alone")
	}
}

// told is a program with what is lacking and doubtful among its facts: the report shows
// them.
type told struct {
	attachable
	at target
}

// Facts implements attach.Target.
func (t told) Facts() map[string]string {
	facts := t.attachable.Facts()
	facts["url"] = t.at.String()
	if lines := unseen(t.attachable, t.at); len(lines) > 0 {
		facts["not_seen"] = strings.Join(lines, "; ")
	}
	return facts
}
