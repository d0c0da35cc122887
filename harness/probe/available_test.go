package probe

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

const (
	groupV1 = "root/memory/docker/4f1a/"
	groupV2 = "root/system.slice/docker-4f1a.scope/"
)

func TestCgroupMemoryLeft(t *testing.T) {
	// limit - (usage - inactive page cache), of the kernel's own texts
	const leftV1, leftV2 = 268435456 - (21495808 - 1015808), 134217728 - (30572544 - 3448832)
	for name, c := range map[string]struct {
		version string
		rewrite map[string]string
		remove  []string
		want    harness.Bytes
		limited bool
	}{
		"v1":                      {version: "v1", want: leftV1, limited: true},
		"v1 without a limit":      {version: "v1", rewrite: map[string]string{groupV1 + "memory.limit_in_bytes": "9223372036854771712\n"}},
		"v1 under a closer limit": {version: "v1", rewrite: map[string]string{"root/memory/memory.limit_in_bytes": "4294967297\n"}, want: 1, limited: true},
		"v1 in a container that sees the host's path": {
			version: "v1", remove: []string{"root/memory/docker"},
			rewrite: map[string]string{"root/memory/memory.limit_in_bytes": "4294968296\n"}, want: 1000, limited: true,
		},
		"v2":                      {version: "v2", want: leftV2, limited: true},
		"v2 without a limit":      {version: "v2", rewrite: map[string]string{groupV2 + "memory.max": "max\n"}},
		"v2 under a closer limit": {version: "v2", rewrite: map[string]string{"root/system.slice/memory.max": "1073741924\n"}, want: 100, limited: true},
		"v2 beyond its limit":     {version: "v2", rewrite: map[string]string{groupV2 + "memory.max": "4096\n"}, want: 0, limited: true},
		"v2 without a stat":       {version: "v2", remove: []string{groupV2 + "memory.stat"}, want: 134217728 - 30572544, limited: true},
		"v2 without a usage":      {version: "v2", remove: []string{groupV2 + "memory.current"}},
		"no such process":         {version: "v2", remove: []string{"proc"}},
	} {
		t.Run(name, func(t *testing.T) {
			tree := copyTree(t, c.version)
			for path, text := range c.rewrite {
				require.NoError(t, os.WriteFile(filepath.Join(tree, path), []byte(text), 0o644))
			}
			for _, path := range c.remove {
				require.NoError(t, os.RemoveAll(filepath.Join(tree, path)))
			}
			left, limited := CgroupMemoryLeft(filepath.Join(tree, "root"), filepath.Join(tree, "proc"), cgroups[c.version].pid)
			assert.Equal(t, c.limited, limited)
			assert.Equal(t, c.want, left)
		})
	}
}

func TestCgroupMemoryLimit(t *testing.T) {
	for name, c := range map[string]struct {
		version, path, text string
		want                harness.Bytes
		limited             bool
	}{
		"v1":                      {version: "v1", path: groupV1 + "memory.limit_in_bytes", text: "268435456\n", want: 268435456, limited: true},
		"v1 without a limit":      {version: "v1", path: groupV1 + "memory.limit_in_bytes", text: "9223372036854771712\n"},
		"v2":                      {version: "v2", path: groupV2 + "memory.max", text: "134217728\n", want: 134217728, limited: true},
		"v2 without a limit":      {version: "v2", path: groupV2 + "memory.max", text: "max\n"},
		"v2 under a closer limit": {version: "v2", path: "root/system.slice/memory.max", text: "4096\n", want: 4096, limited: true},
	} {
		t.Run(name, func(t *testing.T) {
			tree := copyTree(t, c.version)
			require.NoError(t, os.WriteFile(filepath.Join(tree, c.path), []byte(c.text), 0o644))
			limit, limited := CgroupMemoryLimit(filepath.Join(tree, "root"), filepath.Join(tree, "proc"), cgroups[c.version].pid)
			assert.Equal(t, c.limited, limited)
			assert.Equal(t, c.want, limit)
		})
	}
}

func TestAvailableMemoryOfThisMachine(t *testing.T) {
	available, err := AvailableMemory(t.Context())
	require.NoError(t, err)
	assert.Positive(t, available)
}
