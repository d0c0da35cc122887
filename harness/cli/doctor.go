package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/shirou/gopsutil/v4/mem"
	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine/docker"
	"github.com/highwater-dev/highwater/harness/gate"
	"github.com/highwater-dev/highwater/harness/runner"
	"github.com/highwater-dev/highwater/harness/service"
)

func (c *command) doctor() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine can run, how the engine is reached, and what is missing",
		Long: `doctor looks at what a run needs and says what it found: the container engine and
the way to it, the Go toolchain, Node.js, a PostgreSQL, memory, and where memory figures will come
from. The exit code is 0 when scenarios can run in at least one engine, else 3.`,
		Example: `  highwater doctor
  DOCKER_HOST=unix:///run/user/1000/podman/podman.sock highwater doctor`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			containers := c.doctorDocker(cmd.Context())
			goFound := c.doctorTool("go", "version", "go: programs are built with it")
			c.doctorTool("npm", "--version", "it has the versions of Node.js that scenarios name, and what scripts depend on")
			c.doctorTool("node", "--version", "node: programs need it, or npm, which has every version (https://nodejs.org)")
			c.doctorDatabase()
			c.doctorMemory()
			c.doctorSelf()
			chosen := "process (local processes under a watcher)"
			if containers {
				chosen = "docker"
			}
			fmt.Fprintf(c.stdout, "%-12s --engine auto uses %s\n", "verdict", chosen)
			if !containers && !goFound {
				c.exit = gate.ExitBroken
			}
			return nil
		},
	}
}

// doctorSelf says what this highwater is, and whether it can be the peer in a container.
func (c *command) doctorSelf() {
	fmt.Fprintf(c.stdout, "%-12s %s, %s/%s\n", "highwater", version(), runtime.GOOS, runtime.GOARCH)
	self, err := os.Executable()
	if err == nil && !isStatic(self) {
		fmt.Fprintf(c.stdout, "%-12s it is no static Linux binary, so a peer for containers is built from source, in a checkout; make build gives a static one\n", "")
	}
	fmt.Fprintf(c.stdout, "%-12s %s\n", "scheduling", scheduling())
	lanes := autoLanes(runtime.NumCPU(), pageCost())
	fmt.Fprintf(c.stdout, "%-12s --parallel auto has %d runs at once: %d cores, and a page of new memory takes %v (more than %v: slow, one run a core)\n",
		"lanes", lanes, runtime.NumCPU(), pageCost(), slowPage)
}

// scheduling says whether what measures goes before what is measured.
func scheduling() string {
	if err := runner.TakePrecedence(); err != nil {
		return fmt.Sprintf("like any other process (%v): where programs take all of the processor, samples come late", err)
	}
	return "real-time: it samples in time, whatever programs do to the processor"
}

// doctorDocker says whether a container engine answers, and explains the way there.
func (c *command) doctorDocker(ctx context.Context) bool {
	limited, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	e, err := docker.Connect(limited)
	if err != nil {
		fmt.Fprintf(c.stdout, "%-12s no: %v\n", "containers", err)
		fmt.Fprintf(c.stdout, "%-12s start Docker or Podman, or set DOCKER_HOST; DOCKER_HOST is %q\n", "", os.Getenv("DOCKER_HOST"))
		return false
	}
	defer e.Close()
	facts := e.Facts(limited)
	fmt.Fprintf(c.stdout, "%-12s yes: %s on %s, cgroup v%s, kernel %s\n", "containers", facts["engine"], facts["os"], facts["cgroup_version"], facts["kernel"])
	told := e.Diagnose(limited)
	fmt.Fprintf(c.stdout, "%-12s engine at %s; published ports are tried at %s\n", "", told.DaemonHost, strings.Join(told.HostCandidates, ", then "))
	if _, err := os.Stat("/.dockerenv"); err == nil {
		fmt.Fprintf(c.stdout, "%-12s /.dockerenv exists, so testcontainers-go may take this machine for a container; the order above does not depend on it\n", "")
	}
	from := "the kernel's own files, 20 times a second"
	if !told.Local {
		from = "the engine's statistics, once a second: deaths within a few seconds are seen coarsely"
	}
	fmt.Fprintf(c.stdout, "%-12s memory is read from %s\n", "", from)
	return true
}

func (c *command) doctorTool(name, flag, why string) bool {
	path, err := exec.LookPath(name)
	if err != nil {
		fmt.Fprintf(c.stdout, "%-12s not found in PATH; %s\n", name, why)
		return false
	}
	told, err := exec.Command(path, flag).Output()
	if err != nil {
		fmt.Fprintf(c.stdout, "%-12s %s does not work: %v\n", name, path, err)
		return false
	}
	fmt.Fprintf(c.stdout, "%-12s %s (%s)\n", name, strings.TrimSpace(string(told)), path)
	return true
}

// doctorDatabase says which PostgreSQL a scenario that needs one would get.
func (c *command) doctorDatabase() {
	told, err := service.Describe()
	if err != nil {
		told = "none: " + err.Error()
	}
	fmt.Fprintf(c.stdout, "%-12s %s\n", "postgres", told)
	fmt.Fprintf(c.stdout, "%-12s a program in a container reaches it through the peer's published port, which needs no way out of its network\n", "")
}

func (c *command) doctorMemory() {
	memory, err := mem.VirtualMemory()
	if err != nil {
		fmt.Fprintf(c.stdout, "%-12s cannot be read: %v\n", "memory", err)
		return
	}
	fmt.Fprintf(c.stdout, "%-12s %s available of %s; export-at-scale needs 4.2 GiB\n", "memory",
		harness.Bytes(memory.Available).Human(), harness.Bytes(memory.Total).Human())
}
