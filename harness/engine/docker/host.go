package docker

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/host"
)

func kernelVersion() string {
	version, err := host.KernelVersion()
	if err != nil {
		return ""
	}
	return version
}

// publishedHost finds the host under which a published port answers. Where the
// engine's socket is local this is loopback, whatever /.dockerenv suggests:
// testcontainers-go takes a machine that has that file for a container and then asks
// the gateway. Its answer is tried second.
func (e *Engine) publishedHost(ctx context.Context, port uint16) (string, error) {
	var tried []string
	for _, name := range e.hostCandidates(ctx) {
		address := net.JoinHostPort(name, strconv.Itoa(int(port)))
		dialer := net.Dialer{Timeout: 2 * time.Second}
		connection, err := dialer.DialContext(ctx, "tcp", address)
		if err == nil {
			connection.Close()
			return name, nil
		}
		tried = append(tried, address+": "+err.Error())
	}
	return "", fmt.Errorf("reach published port: %q", tried)
}

func (e *Engine) hostCandidates(ctx context.Context) []string {
	var candidates []string
	if isUnix(e.client.DaemonHost()) {
		candidates = append(candidates, "127.0.0.1")
	}
	if name, err := e.provider.DaemonHost(ctx); err == nil {
		candidates = append(candidates, name)
	}
	return candidates
}

func isUnix(daemon string) bool {
	return strings.HasPrefix(daemon, "unix://") || strings.HasPrefix(daemon, "npipe://")
}

// Diagnosis is what doctor prints about the way to the engine.
type Diagnosis struct {
	DaemonHost     string   // where the engine listens
	HostCandidates []string // where published ports are looked for, in order
	Local          bool     // control groups can be read directly
}

// Diagnose tells how this engine is reached.
func (e *Engine) Diagnose(ctx context.Context) Diagnosis {
	return Diagnosis{DaemonHost: e.client.DaemonHost(), HostCandidates: e.hostCandidates(ctx), Local: e.local}
}
