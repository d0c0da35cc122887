package docker_test

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/docker"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
)

// What was asked for and what was started are two things: here the engine is asked
// what it started.
func TestProgramIsConfined(t *testing.T) {
	e := connect(t)
	th := open(t, e)
	program := th.act("look", "say=looked", "wait")
	program.stdout.Wait(t, "looked")

	host := inspect(t, e, id(program)).HostConfig
	assert.EqualValues(t, 64*harness.MiB, host.Memory)
	assert.Equal(t, host.Memory, host.MemorySwap, "the same figure is: no swap")
	assert.EqualValues(t, 5e8, host.NanoCPUs)
	assert.True(t, host.ReadonlyRootfs)
	assert.Equal(t, []string{"ALL"}, host.CapDrop)
	assert.Empty(t, host.CapAdd)
	assert.False(t, host.Privileged)
	assert.Contains(t, host.SecurityOpt, "no-new-privileges")
	require.NotNil(t, host.PidsLimit)
	assert.EqualValues(t, 64, *host.PidsLimit)
	assert.Contains(t, []container.RestartPolicyMode{"", container.RestartPolicyDisabled}, host.RestartPolicy.Name)
	assert.Empty(t, host.Binds)
	assert.Empty(t, host.PortBindings)
	assert.False(t, host.PublishAllPorts)
	assert.Equal(t, "65532:65532", inspect(t, e, id(program)).Config.User)

	seen := program.stdout.String()
	assert.Contains(t, seen, "uid 65532 gid 65532")
	assert.Contains(t, seen, "write /x: open /x: ")
	assert.Contains(t, seen, "write /tmp/x: <nil>")
	for _, none := range []string{"CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"} {
		assert.Contains(t, seen, none)
	}
}

func TestImagesMayAskForMore(t *testing.T) {
	e := connect(t)
	th := open(t, e)
	program := th.start(engine.Program{
		Binary: testbin.Actor(t), Args: []string{"look"}, Limits: limits, User: "0", WritableRoot: true,
	})
	assert.Zero(t, program.ended(t).Code)
	assert.Contains(t, program.stdout.String(), "uid 0 gid 0")
	assert.Contains(t, program.stdout.String(), "write /x: <nil>")
	assert.Contains(t, program.stdout.String(), "CapEff:\t0000000000000000", "root without what makes it root")
}

// There is no way out: neither to this machine, on whatever address it has, nor
// beyond; and still the peer is there.
func TestNoWayOut(t *testing.T) {
	e := connect(t)
	th := open(t, e)
	listener, err := net.Listen("tcp", ":0")
	require.NoError(t, err)
	defer listener.Close()
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	var closed []string
	for _, address := range hostAddresses(t, e, th.run) {
		closed = append(closed, net.JoinHostPort(address, port))
	}
	closed = append(closed, "1.1.1.1:53")

	program := th.act("dial=peer:7001,peer:7002", "dial="+strings.Join(closed, ","))
	require.Zero(t, program.ended(t).Code, program.stderr.String())
	assert.Contains(t, program.stdout.String(), "dial peer:7001: yes")
	assert.Contains(t, program.stdout.String(), "dial peer:7002: yes")
	for _, address := range closed {
		assert.Contains(t, program.stdout.String(), "dial "+address+": no")
	}
}

// hostAddresses are all of this machine's IPv4 addresses but loopback, and the
// gateways that the run's networks know.
func hostAddresses(t *testing.T, e *docker.Engine, run string) []string {
	t.Helper()
	var addresses []string
	own, err := net.InterfaceAddrs()
	require.NoError(t, err)
	for _, address := range own {
		if network, ok := address.(*net.IPNet); ok && network.IP.To4() != nil && !network.IP.IsLoopback() {
			addresses = append(addresses, network.IP.String())
		}
	}
	inspected, err := e.Client().NetworkInspect(t.Context(), "highwater-"+run, client.NetworkInspectOptions{})
	require.NoError(t, err)
	for _, config := range inspected.Network.IPAM.Config {
		if config.Gateway.IsValid() {
			addresses = append(addresses, config.Gateway.String())
		}
	}
	require.NotEmpty(t, addresses)
	return addresses
}

func TestOnlyTheControlPortIsPublished(t *testing.T) {
	e := connect(t)
	th := open(t, e)
	program := th.act("wait")

	inspected, err := e.Client().NetworkInspect(t.Context(), "highwater-"+th.run, client.NetworkInspectOptions{})
	require.NoError(t, err)
	assert.True(t, inspected.Network.Internal)

	filters := make(client.Filters).Add("label", docker.LabelRun+"="+th.run)
	all, err := e.Client().ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: filters})
	require.NoError(t, err)
	require.Len(t, all.Items, 3, "peer, network holder, program")
	published := 0
	for _, one := range all.Items {
		for _, port := range one.Ports {
			if port.PublicPort == 0 {
				continue
			}
			published++
			assert.Equal(t, id(th.peer.Instance), one.ID)
			assert.EqualValues(t, 7000, port.PrivatePort)
			assert.Equal(t, "127.0.0.1", port.IP.String())
		}
	}
	assert.Equal(t, 1, published)
	assert.Empty(t, inspect(t, e, id(program)).NetworkSettings.Ports)
}

func TestEverythingIsLabelled(t *testing.T) {
	e := connect(t)
	th := open(t, e)
	program := th.act("wait")
	for _, instance := range []engine.Instance{program, th.peer.Instance} {
		labels := inspect(t, e, id(instance)).Config.Labels
		assert.Equal(t, th.run, labels[docker.LabelRun])
		assert.Equal(t, engine.Owner(), labels[docker.LabelOwner])
	}
	assert.Len(t, left(t, e, th.run), 4, "three containers and a network carry the run's label")
}
