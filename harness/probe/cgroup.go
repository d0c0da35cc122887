package probe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// Cgroup reads the kernel's counters of one control group. The files stay open: a
// read of an open counter takes a microsecond, opening it twenty.
type Cgroup struct {
	// Version is 1 or 2.
	Version int
	files   []cgroupFile
}

type cgroupFile struct {
	file  *os.File
	parse func(text []byte, values map[harness.Metric]float64)
}

// CgroupRoot is where the kernel's control groups are mounted on nearly every host.
const CgroupRoot = "/sys/fs/cgroup"

// OpenCgroupOf opens the control group of a process. root is where control groups
// are mounted, proc where /proc is.
func OpenCgroupOf(root, proc string, pid int) (*Cgroup, error) {
	text, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return nil, fmt.Errorf("find cgroup of process %d: %w", pid, err)
	}
	paths := cgroupPaths(string(text))
	if memory, v1 := paths["memory"]; v1 {
		return openV1(filepath.Join(root, "memory", memory), filepath.Join(root, "cpuacct", paths["cpuacct"]))
	}
	path, v2 := paths[""]
	if !v2 {
		return nil, fmt.Errorf("find cgroup of process %d: no memory controller in %q", pid, text)
	}
	return openV2(filepath.Join(root, path))
}

// cgroupPaths reads /proc/PID/cgroup: the path of each v1 controller, and that of v2
// under the empty name.
func cgroupPaths(text string) map[string]string {
	paths := map[string]string{}
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		for controller := range strings.SplitSeq(fields[1], ",") {
			paths[controller] = fields[2]
		}
	}
	return paths
}

func openV1(memory, cpu string) (*Cgroup, error) {
	c := &Cgroup{Version: 1}
	err := errors.Join(
		c.open(filepath.Join(memory, "memory.usage_in_bytes"), single(harness.MemoryUsage, 1)),
		c.open(filepath.Join(memory, "memory.stat"), keyed(map[string]counter{
			"total_rss": {harness.MemoryAnon, 1}, "total_cache": {harness.MemoryFile, 1}, "total_pgmajfault": {harness.MajorFaults, 1},
			"total_shmem": {harness.MemoryShared, 1},
		})),
		c.openOptional(filepath.Join(memory, "memory.kmem.usage_in_bytes"), single(harness.MemoryKernel, 1)),
		c.openOptional(filepath.Join(memory, "memory.oom_control"), keyed(map[string]counter{"oom_kill": {harness.OOMKills, 1}})),
		c.openOptional(filepath.Join(cpu, "cpuacct.usage"), single(harness.CPUTime, 1e-9)),
		c.openOptional(filepath.Join(cpu, "cpuacct.usage_sys"), single(harness.SystemTime, 1e-9)),
	)
	return c.orClose(err)
}

func openV2(dir string) (*Cgroup, error) {
	c := &Cgroup{Version: 2}
	err := errors.Join(
		c.open(filepath.Join(dir, "memory.current"), single(harness.MemoryUsage, 1)),
		c.open(filepath.Join(dir, "memory.stat"), statV2),
		c.openOptional(filepath.Join(dir, "memory.events"), keyed(map[string]counter{"oom_kill": {harness.OOMKills, 1}})),
		c.openOptional(filepath.Join(dir, "cpu.stat"), keyed(map[string]counter{
			"usage_usec": {harness.CPUTime, 1e-6}, "system_usec": {harness.SystemTime, 1e-6},
		})),
	)
	return c.orClose(err)
}

var keyedV2 = keyed(map[string]counter{
	"anon": {harness.MemoryAnon, 1}, "file": {harness.MemoryFile, 1}, "sock": {harness.MemorySocket, 1}, "pgmajfault": {harness.MajorFaults, 1},
	"shmem": {harness.MemoryShared, 1}, "kernel": {harness.MemoryKernel, 1},
})

// kernelPartsV2 are what kernels before 5.18, which do not sum them up, say instead.
var kernelPartsV2 = []string{"slab", "kernel_stack", "pagetables", "percpu"}

func statV2(text []byte, values map[harness.Metric]float64) {
	keyedV2(text, values)
	if _, told := values[harness.MemoryKernel]; told {
		return
	}
	for _, name := range kernelPartsV2 {
		part := map[harness.Metric]float64{}
		keyed(map[string]counter{name: {harness.MemoryKernel, 1}})(text, part)
		if bytes, told := part[harness.MemoryKernel]; told {
			values[harness.MemoryKernel] += bytes
		}
	}
}

func (c *Cgroup) open(path string, parse func([]byte, map[harness.Metric]float64)) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open cgroup v%d: %w", c.Version, err)
	}
	c.files = append(c.files, cgroupFile{file: file, parse: parse})
	return nil
}

// openOptional leaves out what this kernel or this mount does not have.
func (c *Cgroup) openOptional(path string, parse func([]byte, map[harness.Metric]float64)) error {
	if err := c.open(path, parse); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (c *Cgroup) orClose(err error) (*Cgroup, error) {
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Sample adds the counters to values. It returns an error once the group is gone.
func (c *Cgroup) Sample(values map[harness.Metric]float64) error {
	buffer := make([]byte, 8192)
	for _, f := range c.files {
		n, err := f.file.ReadAt(buffer, 0)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read cgroup: %w", err)
		}
		f.parse(buffer[:n], values)
	}
	return nil
}

// Close closes the files.
func (c *Cgroup) Close() {
	for _, f := range c.files {
		f.file.Close()
	}
}

// counter is what a number of the kernel is called here, and the factor that turns its
// unit into the base unit.
type counter struct {
	metric harness.Metric
	factor float64
}

// add takes a number as the kernel writes it. What is none, such as "max", is left
// out: 0 would be a measurement.
func (c counter) add(number []byte, values map[harness.Metric]float64) {
	if value, err := strconv.ParseUint(string(number), 10, 64); err == nil {
		values[c.metric] = float64(value) * c.factor
	}
}

// single reads a file that holds one number.
func single(metric harness.Metric, factor float64) func([]byte, map[harness.Metric]float64) {
	return func(text []byte, values map[harness.Metric]float64) {
		counter{metric, factor}.add(bytes.TrimSpace(text), values)
	}
}

// keyed reads a file of "key number" lines.
func keyed(counters map[string]counter) func([]byte, map[harness.Metric]float64) {
	return func(text []byte, values map[harness.Metric]float64) {
		for line := range bytes.Lines(text) {
			key, number, found := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
			if wanted, known := counters[string(key)]; found && known {
				wanted.add(number, values)
			}
		}
	}
}
