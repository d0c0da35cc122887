package probe_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/probe"
)

// debugPort serves as the peer relays it: below a path of its own.
func debugPort(t *testing.T, answer http.HandlerFunc) *probe.Go {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/debug-port/", http.StripPrefix("/debug-port", answer))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &probe.Go{Base: server.URL + "/debug-port", HTTP: server.Client()}
}

func TestGoSample(t *testing.T) {
	port := debugPort(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, probe.MetricsPath, r.URL.Path)
		_, _ = w.Write([]byte(`{"/gc/heap/live:bytes": 4194304, "/sched/goroutines:goroutines": 7,
			"/gc/cycles/total:gc-cycles": 3, "descriptors": 11, "/some/later:thing": 1}`))
	})
	values := map[harness.Metric]float64{harness.MemoryAnon: 1}
	require.NoError(t, port.Sample(t.Context(), values))
	assert.Equal(t, map[harness.Metric]float64{
		harness.MemoryAnon: 1, harness.HeapLive: 4194304, harness.Goroutines: 7, harness.Collections: 3, harness.Descriptors: 11,
	}, values, "what is unknown is left out, what was there stays")
}

func TestGoProfilesAreAskedForAfterACollection(t *testing.T) {
	var asked []string
	port := debugPort(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		_, _ = w.Write([]byte("profile of " + r.URL.Path))
	})
	heap, err := port.HeapProfile(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "profile of /debug/pprof/heap", string(heap))
	_, err = port.GoroutineProfile(t.Context())
	require.NoError(t, err)
	_, err = port.GoroutineLeakProfile(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"/debug/pprof/heap?gc=1", "/debug/pprof/goroutine", "/debug/pprof/goroutineleak"}, asked)
}

func TestGoSampleFailures(t *testing.T) {
	cases := map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"no such path":  {http.NotFound, "get /debug/highwater/metrics: status 404"},
		"not JSON":      {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "read runtime metrics"},
		"cut off":       {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"descriptors": 1`)) }, "read runtime metrics"},
		"texts instead": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"descriptors": "1"}`)) }, "read runtime metrics"},
		"dies meanwhile": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{}`))
		}, "unexpected EOF"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			values := map[harness.Metric]float64{}
			err := debugPort(t, c.answer).Sample(t.Context(), values)
			assert.ErrorContains(t, err, c.want)
			assert.Empty(t, values)
		})
	}
}

// A frozen program must not hold up who asks.
func TestGoSampleEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	frozen := debugPort(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	assert.ErrorIs(t, frozen.Sample(ctx, map[harness.Metric]float64{}), context.Canceled)
}

func TestGoSampleOfNobody(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	port := &probe.Go{Base: server.URL, HTTP: server.Client()}
	server.Close()
	assert.ErrorContains(t, port.Sample(t.Context(), nil), "connection refused")
}
