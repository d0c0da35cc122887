package runner

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
)

// mortal is an instance that ends when it is told to.
type mortal struct {
	engine.Instance
	done chan struct{}
}

func (m mortal) Done() <-chan struct{} { return m.done }

// Whoever asks a dead peer is refused at once, and the engine reports its end a moment
// later: the error is to name the cause, not the refusal.
func TestEndOfThePeerIsReportedLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("connection refused")
		peer := mortal{done: make(chan struct{})}
		begin := time.Now()
		assert.False(t, hasEnded(peer, nil))
		assert.Zero(t, time.Since(begin), "nothing went wrong, so nothing is waited for")
		assert.False(t, hasEnded(peer, refused))
		time.AfterFunc(endReported/2, func() { close(peer.done) })
		assert.True(t, hasEnded(peer, refused))
		assert.True(t, hasEnded(peer, nil))
	})
}

// The near way may be missing, or lead to a stranger at the same address.
func TestPeerIsReachedWhereItKnowsTheToken(t *testing.T) {
	serve := func(token string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/"+token+"/stats" {
				http.NotFound(w, r)
				return
			}
			_, _ = w.Write([]byte("{}"))
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	published, near, stranger := serve("secret"), serve("secret"), serve("other")
	for name, c := range map[string]struct{ near, want string }{
		"near":     {near, near},
		"missing":  {"", published},
		"stranger": {stranger, published},
		"nobody":   {"http://127.0.0.1:1", published},
	} {
		t.Run(name, func(t *testing.T) {
			x := &execution{token: "secret"}
			reached := x.reachPeer(t.Context(), engine.Peer{Control: published, Near: c.near})
			assert.Equal(t, c.want+"/secret", reached.Base)
		})
	}
}

// A program that has closed its connections is about to end by itself, and to stop it
// then would hide how.
func TestALeavingProgramIsNotStopped(t *testing.T) {
	values := func(source, sink, failed float64) map[harness.Metric]float64 {
		return map[harness.Metric]float64{harness.SourceConnections: source, harness.SinkConnections: sink, harness.SinkFailed: failed}
	}
	for name, c := range map[string]struct {
		kind   harness.SinkKind
		values map[harness.Metric]float64
		ends   bool
		want   bool
		waits  time.Duration
	}{
		"it ends":                         {harness.SinkTCP, values(0, 0, 0), true, true, leavesWithin / 2},
		"it stays":                        {harness.SinkTCP, values(0, 0, 0), false, false, leavesWithin},
		"it keeps a connection":           {harness.SinkTCP, values(0, 1, 0), true, false, 0},
		"a service stays":                 {harness.SinkHTTPClient, values(0, 0, 0), true, false, 0},
		"a service broke off":             {harness.SinkHTTPClient, values(0, 0, 1), true, true, leavesWithin / 2},
		"a service that refused stays on": {harness.SinkHTTPClient, values(0, 0, 1), false, false, leavesWithin},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				program := mortal{done: make(chan struct{})}
				x := &execution{instance: program}
				x.scenario.Sink.Kind = c.kind
				if c.ends {
					time.AfterFunc(leavesWithin/2, func() { close(program.done) })
				}
				begin := time.Now()
				assert.Equal(t, c.want, x.leaves(t.Context(), c.values))
				assert.Equal(t, c.waits, time.Since(begin))
			})
		})
	}
}
