package probe

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

// The trees under testdata hold the kernel's own texts: v1 of a machine with both
// mounts, where a container's group has a child (total_ counts it), and v2.
var cgroups = map[string]struct {
	pid, version int
	want         map[harness.Metric]float64
}{
	"v1": {71, 1, map[harness.Metric]float64{
		harness.MemoryUsage: 21495808, harness.MemoryAnon: 12435456, harness.MemoryFile: 8241152, harness.MemoryShared: 102400,
		harness.MemoryKernel: 819200, harness.MajorFaults: 314, harness.OOMKills: 2, harness.CPUTime: 2.012540312, harness.SystemTime: 0.8125,
	}},
	"v2": {72, 2, map[harness.Metric]float64{
		harness.MemoryUsage: 30572544, harness.MemoryAnon: 22478848, harness.MemoryFile: 5255168, harness.MemoryShared: 204800,
		harness.MemorySocket: 1048576, harness.MemoryKernel: 1257472, harness.MajorFaults: 41, harness.OOMKills: 1, harness.CPUTime: 1.734211, harness.SystemTime: 0.533211,
	}},
}

func TestCgroupReadsBothVersions(t *testing.T) {
	for name, c := range cgroups {
		t.Run(name, func(t *testing.T) {
			tree := filepath.Join("testdata", name)
			assert.Equal(t, c.want, sampleOf(t, tree, c.pid, c.version))
		})
	}
}

// sampleOf opens the group of a process in a tree and reads it twice: files stay open,
// and each read has to begin at the front again.
func sampleOf(t *testing.T, tree string, pid, version int) map[harness.Metric]float64 {
	t.Helper()
	group, err := OpenCgroupOf(filepath.Join(tree, "root"), filepath.Join(tree, "proc"), pid)
	require.NoError(t, err)
	defer group.Close()
	assert.Equal(t, version, group.Version)
	first, second := map[harness.Metric]float64{}, map[harness.Metric]float64{}
	require.NoError(t, group.Sample(first))
	require.NoError(t, group.Sample(second))
	assert.Equal(t, first, second)
	return first
}

func TestCgroupSeesChanges(t *testing.T) {
	tree := copyTree(t, "v2")
	group, err := OpenCgroupOf(filepath.Join(tree, "root"), filepath.Join(tree, "proc"), 72)
	require.NoError(t, err)
	defer group.Close()
	current := filepath.Join(tree, "root/system.slice/docker-4f1a.scope/memory.current")
	for _, bytes := range []int{30572544, 4096, 0} { // shorter each time: no old digits stay
		require.NoError(t, os.WriteFile(current, fmt.Appendln(nil, bytes), 0o644))
		values := map[harness.Metric]float64{}
		require.NoError(t, group.Sample(values))
		assert.EqualValues(t, bytes, values[harness.MemoryUsage])
	}
}

// What a kernel or a mount lacks is left out of the sample, never zero: 0 is a
// measurement.
func TestCgroupDoesWithoutOptionalFiles(t *testing.T) {
	cases := map[string]struct {
		version string
		remove  []string
		rewrite map[string]string
		absent  []harness.Metric
	}{
		"v1 without OOM control and processor time": {
			version: "v1", remove: []string{"memory/docker/4f1a/memory.oom_control", "memory/docker/4f1a/memory.kmem.usage_in_bytes", "cpuacct/docker/4f1a/cpuacct.usage", "cpuacct/docker/4f1a/cpuacct.usage_sys"},
			absent: []harness.Metric{harness.OOMKills, harness.MemoryKernel, harness.CPUTime, harness.SystemTime},
		},
		"v1 before kernel 4.13, which did not count kills": {
			version: "v1", rewrite: map[string]string{"memory/docker/4f1a/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\n"},
			absent: []harness.Metric{harness.OOMKills},
		},
		"v2 without events and processor time": {
			version: "v2", remove: []string{"system.slice/docker-4f1a.scope/memory.events", "system.slice/docker-4f1a.scope/cpu.stat"},
			absent: []harness.Metric{harness.OOMKills, harness.CPUTime, harness.SystemTime},
		},
		"v2 with a processor controller that counts no time": {
			version: "v2", rewrite: map[string]string{"system.slice/docker-4f1a.scope/cpu.stat": "nr_periods 0\n"},
			absent: []harness.Metric{harness.CPUTime, harness.SystemTime},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			tree := copyTree(t, c.version)
			for _, path := range c.remove {
				require.NoError(t, os.Remove(filepath.Join(tree, "root", path)))
			}
			for path, text := range c.rewrite {
				require.NoError(t, os.WriteFile(filepath.Join(tree, "root", path), []byte(text), 0o644))
			}
			want := cgroups[c.version].want
			got := sampleOf(t, tree, cgroups[c.version].pid, cgroups[c.version].version)
			for _, metric := range c.absent {
				assert.NotContains(t, got, metric)
			}
			assert.Len(t, got, len(want)-len(c.absent))
			for metric, value := range got {
				assert.Equal(t, want[metric], value, metric)
			}
		})
	}
}

// Kernels before 5.18 tell the parts of their own memory, and no sum.
func TestCgroupSumsUpTheKernelsMemory(t *testing.T) {
	values := map[harness.Metric]float64{}
	statV2([]byte("anon 4096\nkernel_stack 100\npagetables 20\npercpu 3\nslab 4000\nslab_reclaimable 3000\n"), values)
	assert.Equal(t, map[harness.Metric]float64{harness.MemoryAnon: 4096, harness.MemoryKernel: 4123}, values)
	clear(values)
	statV2([]byte("anon 4096\n"), values)
	assert.NotContains(t, values, harness.MemoryKernel, "what nobody tells is not zero")
}

func TestCgroupThatIsNotThere(t *testing.T) {
	tree := copyTree(t, "v2")
	root, proc := filepath.Join(tree, "root"), filepath.Join(tree, "proc")
	_, err := OpenCgroupOf(root, proc, 1)
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.ErrorContains(t, err, "find cgroup of process 1")

	require.NoError(t, os.WriteFile(filepath.Join(proc, "72", "cgroup"), []byte("3:cpu:/\n"), 0o644))
	_, err = OpenCgroupOf(root, proc, 72)
	assert.ErrorContains(t, err, "no memory controller")

	require.NoError(t, os.WriteFile(filepath.Join(proc, "72", "cgroup"), []byte("0::/gone.scope\n"), 0o644))
	_, err = OpenCgroupOf(root, proc, 72)
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.ErrorContains(t, err, "open cgroup v2")
}

func TestCgroupPaths(t *testing.T) {
	cases := map[string]struct {
		text string
		want map[string]string
	}{
		"v1": {
			"12:cpu,cpuacct:/docker/4f1a\n11:memory:/docker/4f1a\n1:name=systemd:/docker/4f1a\n",
			map[string]string{"cpu": "/docker/4f1a", "cpuacct": "/docker/4f1a", "memory": "/docker/4f1a", "name=systemd": "/docker/4f1a"},
		},
		"v2":                   {"0::/system.slice/docker-4f1a.scope\n", map[string]string{"": "/system.slice/docker-4f1a.scope"}},
		"hybrid":               {"4:memory:/a\n0::/b\n", map[string]string{"memory": "/a", "": "/b"}},
		"in its own namespace": {"0::/\n", map[string]string{"": "/"}},
		"a colon in the path":  {"0::/pod:4/b\n", map[string]string{"": "/pod:4/b"}},
		"no newline, a stray":  {"stray\n0::/a", map[string]string{"": "/a"}},
		"nothing":              {"", map[string]string{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, cgroupPaths(c.text)) })
	}
}

// copyTree copies a tree of testdata, to be changed.
func copyTree(t *testing.T, name string) string {
	t.Helper()
	to := t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(filepath.Join("testdata", name))))
	return to
}

// A counter is a whole number that is not negative, or absent: nothing else can be
// written to samples.jsonl and judged.
func FuzzCounters(f *testing.F) {
	for _, file := range []string{"memory.current", "memory.stat", "cpu.stat", "memory.events"} {
		text, err := os.ReadFile(filepath.Join("testdata/v2/root/system.slice/docker-4f1a.scope", file))
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("NaN"))
	f.Add([]byte("max\n"))
	f.Add([]byte("anon -1\nusage_usec Inf\noom_kill 1e400\nanon\nanon 1 2\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		values := map[harness.Metric]float64{}
		single(harness.MemoryUsage, 1)(text, values)
		keyed(map[string]counter{"anon": {harness.MemoryAnon, 1}, "usage_usec": {harness.CPUTime, 1e-6}, "oom_kill": {harness.OOMKills, 1}})(text, values)
		for metric, value := range values {
			if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
				t.Errorf("%s is %v", metric, value)
			}
		}
	})
}

func FuzzCgroupPaths(f *testing.F) {
	f.Add("0::/system.slice/docker-4f1a.scope\n")
	f.Add("12:cpu,cpuacct:/docker/4f1a\n11:memory:/docker/4f1a\n")
	f.Add("::\n,:,:,")
	f.Fuzz(func(_ *testing.T, text string) { cgroupPaths(text) })
}

// BenchmarkCgroupSample reads this process's own group.
func BenchmarkCgroupSample(b *testing.B) {
	group, err := OpenCgroupOf(CgroupRoot, "/proc", os.Getpid())
	if err != nil {
		b.Skip("no control group can be read here: ", err)
	}
	defer group.Close()
	values := map[harness.Metric]float64{}
	b.ReportAllocs()
	for b.Loop() {
		if err := group.Sample(values); err != nil {
			b.Fatal(err)
		}
	}
}
