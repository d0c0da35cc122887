package peer

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

func TestRelay(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Host+" "+r.URL.RequestURI())
	}))
	defer server.Close()
	config := Config{Sink: harness.Sink{Kind: harness.SinkTCP}, Debug: strings.TrimPrefix(server.URL, "http://")}
	r := start(t, config)
	answer, err := http.Get(r.DebugURL() + "/debug/pprof/heap?gc=1")
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, config.Debug+" /debug/pprof/heap?gc=1", string(text))
}

func TestNoRelayWithoutDebugPort(t *testing.T) {
	r := start(t, Config{Sink: harness.Sink{Kind: harness.SinkTCP}})
	answer, err := http.Get(r.DebugURL() + "/debug/pprof/heap")
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusNotFound, answer.StatusCode)
}

func TestLocalName(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:6060": "127.0.0.1:6060",
		"[::1]:6060":     "[::1]:6060",
		"localhost:9229": "localhost:9229",
		"program:9229":   "localhost:9229",
	} {
		require.Equal(t, want, localName(address))
	}
}

func TestPhaseSurvivesTheWire(t *testing.T) {
	r := start(t, Config{Sink: harness.Sink{Kind: harness.SinkTCP}})
	rate := harness.Rate(5 << 20)
	r.phase(harness.Phase{Name: "slow", Behaviour: harness.Behaviour{Rate: 2 << 20}, SourceRate: &rate})
	answer, err := http.Post(r.Base+"/phase", "application/json", strings.NewReader(`{"rate": 5}`))
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusBadRequest, answer.StatusCode)
	unlimited := harness.Rate(0)
	r.phase(harness.Phase{SourceRate: &unlimited})
}

func TestStatsNamesAreRegistered(t *testing.T) {
	values := start(t, tcpConfig(1, 48)).stats()
	for metric := range values {
		require.Contains(t, harness.Metrics, metric)
	}
	for metric := range harness.Metrics {
		if strings.HasPrefix(string(metric), "source_") || strings.HasPrefix(string(metric), "sink_") {
			require.Contains(t, values, metric)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	row := harness.RowSize{Min: 48, Max: 48}
	for _, test := range []struct {
		name, message string
		config        Config
	}{
		{"kind", `want one of ["tcp" "http" "http-client" "tcp-client"]`, Config{Sink: harness.Sink{Kind: "pigeon"}}},
		{"download", "needs the program's host:port", Config{Sink: harness.Sink{Kind: harness.SinkHTTPClient}}},
		{"rows", "0 rows of 48B: want at least one", Config{Source: &harness.Source{Row: row}, Sink: harness.Sink{Kind: harness.SinkTCP}}},
		{"row size", "want at least one, and sizes from 48B", Config{Source: &harness.Source{Rows: 1}, Sink: harness.Sink{Kind: harness.SinkTCP}}},
		{"sink port", "listen on " + taken.Addr().String(), Config{Sink: harness.Sink{Kind: harness.SinkTCP}, SinkListen: taken.Addr().String()}},
		{"control port", "open control port: listen on", Config{Sink: harness.Sink{Kind: harness.SinkTCP}, SinkListen: "127.0.0.1:0", ControlListen: taken.Addr().String()}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			require.ErrorContains(t, Run(context.Background(), test.config, &out), test.message)
			require.Empty(t, out.String())
		})
	}
}

func TestTokenGuardsTheControlPort(t *testing.T) {
	config := tcpConfig(1, 48)
	config.Token = "open-sesame"
	r := start(t, config)
	stranger := &Client{Base: r.Base}
	_, err := stranger.Stats(t.Context())
	require.ErrorContains(t, err, "404")
	require.ErrorContains(t, stranger.Start(t.Context()), "404")
	friend := &Client{Base: r.Base + "/open-sesame"}
	_, err = friend.Stats(t.Context())
	require.NoError(t, err)
	require.NoError(t, friend.Start(t.Context()))
}
