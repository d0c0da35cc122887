package process_test

import (
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/process"
)

// taken is the port of something that listens until the test ends.
func taken(t *testing.T, address string) int {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().(*net.TCPAddr).Port
}

// A peer that downloads from a stranger measures the stranger.
func TestPortsOfStrangersAreRefused(t *testing.T) {
	for name, address := range map[string]string{"on loopback": "127.0.0.1:0", "on all addresses": ":0"} {
		t.Run(name, func(t *testing.T) {
			port := taken(t, address)
			for key, ports := range map[string]engine.Ports{"listen": {Listen: port}, "debug-port": {Debug: port}} {
				_, err := process.Engine{}.Stage(t.Context(), "test", ports)
				require.ErrorContains(t, err, "reserve "+key+" 127.0.0.1:"+strconv.Itoa(port))
				assert.ErrorContains(t, err, "another program of this machine listens there")
			}
		})
	}
}

func TestFixedPortsThatAreFree(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	stage, err := process.Engine{}.Stage(t.Context(), "test", engine.Ports{Listen: port})
	require.NoError(t, err)
	require.NoError(t, stage.Close())
}
