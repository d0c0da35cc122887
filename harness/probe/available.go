package probe

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v4/mem"

	"github.com/highwater-dev/highwater/harness"
)

// AvailableMemory is what programs may still use on this machine without swapping:
// the host's figure, or what the limits of the own control groups leave where that is
// less, as in a container or a CI job.
func AvailableMemory(ctx context.Context) (harness.Bytes, error) {
	memory, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return 0, fmt.Errorf("read available memory: %w", err)
	}
	available := harness.Bytes(memory.Available)
	if left, limited := CgroupMemoryLeft(CgroupRoot, "/proc", os.Getpid()); limited {
		available = min(available, left)
	}
	return available, nil
}

// noLimit is from where on a limit is none: v1 writes the largest multiple of a page
// that fits, v2 "max".
const noLimit = 1 << 60

// limitFiles are what one version calls its limit, its use, and the part of the use
// that the kernel takes back first.
type limitFiles struct{ limit, usage, reclaimable string }

var (
	limitsV1 = limitFiles{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}
	limitsV2 = limitFiles{"memory.max", "memory.current", "inactive_file"}
)

// CgroupMemoryLeft is what the limits of a process's control group and of those above
// it leave: the least of limit - usage, where inactive page cache does not count as
// used, since the kernel takes it back before it kills. limited is false where no
// limit can be read. root is where control groups are mounted, proc where /proc is.
// In a container the path may be the host's, and only its upper end be there.
func CgroupMemoryLeft(root, proc string, pid int) (left harness.Bytes, limited bool) {
	eachCgroup(root, proc, pid, func(files limitFiles, dir string) {
		if here, known := files.left(dir); known && (!limited || here < left) {
			left, limited = here, true
		}
	})
	return left, limited
}

// CgroupMemoryLimit is the least limit of a process's control group and of those above
// it, which all its members share. limited is false where there is none.
func CgroupMemoryLimit(root, proc string, pid int) (least harness.Bytes, limited bool) {
	eachCgroup(root, proc, pid, func(files limitFiles, dir string) {
		limit, err := readNumber(filepath.Join(dir, files.limit))
		if err == nil && limit < noLimit && (!limited || harness.Bytes(limit) < least) {
			least, limited = harness.Bytes(limit), true
		}
	})
	return least, limited
}

// eachCgroup visits the folders of a process's control group and of those above it.
func eachCgroup(root, proc string, pid int, visit func(files limitFiles, dir string)) {
	text, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return
	}
	paths := cgroupPaths(string(text))
	files, path := limitsV2, paths[""]
	if memory, v1 := paths["memory"]; v1 {
		files, path, root = limitsV1, memory, filepath.Join(root, "memory")
	}
	for path = filepath.Join("/", path); ; path = filepath.Dir(path) {
		visit(files, filepath.Join(root, path))
		if path == "/" {
			return
		}
	}
}

// left is what the limit of one group leaves.
func (f limitFiles) left(dir string) (left harness.Bytes, known bool) {
	limit, err := readNumber(filepath.Join(dir, f.limit))
	if err != nil || limit >= noLimit {
		return 0, false
	}
	usage, err := readNumber(filepath.Join(dir, f.usage))
	if err != nil {
		return 0, false
	}
	stat := map[harness.Metric]float64{}
	if text, err := os.ReadFile(filepath.Join(dir, "memory.stat")); err == nil {
		keyed(map[string]counter{f.reclaimable: {harness.MemoryFile, 1}})(text, stat)
	}
	used := usage - min(usage, uint64(stat[harness.MemoryFile]))
	return harness.Bytes(limit - min(limit, used)), true
}

// readNumber reads a file that holds one number; "max" is none.
func readNumber(path string) (uint64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
}
