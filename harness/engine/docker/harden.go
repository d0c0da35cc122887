package docker

import (
	"net/netip"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
)

// Limits of what stands on a stage beside the program.
var (
	peerLimits   = harness.Limits{Memory: engine.PeerMemory, Pids: 512}
	holderLimits = harness.Limits{Memory: 64 * harness.MiB, Pids: 64}
)

// nobody is the user of programs that highwater builds images for.
const nobody = "65532:65532"

func userOf(program engine.Program) string {
	if program.User != "" {
		return program.User
	}
	return nobody
}

// harden takes from a container all that a program under test has no need of.
func harden(host *container.HostConfig, limits harness.Limits) {
	host.CapDrop = []string{"ALL"}
	host.SecurityOpt = []string{"no-new-privileges"}
	host.ReadonlyRootfs = true
	host.Tmpfs = map[string]string{"/tmp": "rw,noexec,nosuid,size=16m"}
	host.RestartPolicy = container.RestartPolicy{Name: container.RestartPolicyDisabled}
	host.Memory = int64(limits.Memory)
	host.MemorySwap = int64(limits.Memory) // the same figure: no swap
	host.NanoCPUs = int64(limits.CPUs * 1e9)
	pids := limits.Pids
	host.PidsLimit = &pids
}

func hardenProgram(host *container.HostConfig, program engine.Program) {
	harden(host, program.Limits)
	host.ReadonlyRootfs = !program.WritableRoot
	// As the first process of its container, Node.js would not die of the signal by which it
	// aborts: V8 would execute an illegal instruction instead, and the exit code mislead.
	init := program.Node != nil
	host.Init = &init
}

// hardenService leaves a service the root file system and capabilities that images are
// made for, and gives it a folder; it is not what is measured.
func hardenService(host *container.HostConfig) {
	host.Tmpfs = map[string]string{scratchDir: "rw,nosuid,mode=1777"}
	host.RestartPolicy = container.RestartPolicy{Name: container.RestartPolicyDisabled}
}

// hardenPeer also publishes the control port, on loopback only.
func hardenPeer(host *container.HostConfig) {
	harden(host, peerLimits)
	host.PortBindings = network.PortMap{
		network.MustParsePort(controlPort + "/tcp"): {{HostIP: netip.MustParseAddr("127.0.0.1")}},
	}
}
