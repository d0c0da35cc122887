package runner

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

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
