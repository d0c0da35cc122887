package process

import (
	"github.com/shirou/gopsutil/v4/process"

	"github.com/highwater-dev/highwater/harness"
)

// anonymousOf is the resident set less what is backed by files or shared
// (/proc/PID/statm); 0 once the process has gone.
func anonymousOf(p *process.Process) harness.Bytes {
	memory, err := p.MemoryInfoEx()
	if err != nil || memory.RSS < memory.Shared {
		return 0
	}
	return harness.Bytes(memory.RSS - memory.Shared)
}
