//go:build !linux

package process

import (
	"github.com/shirou/gopsutil/v4/process"

	"github.com/highwater-dev/highwater/harness"
)

// anonymousOf is the resident set: these systems do not tell its anonymous part
// cheaply. 0 once the process has gone.
func anonymousOf(p *process.Process) harness.Bytes {
	memory, err := p.MemoryInfo()
	if err != nil {
		return 0
	}
	return harness.Bytes(memory.RSS)
}
