package peer

import (
	"time"

	"golang.org/x/time/rate"

	"github.com/highwater-dev/highwater/harness"
)

const (
	minChunk = 256      // bytes; smaller reads cost more calls than they smooth
	maxChunk = 64 << 10 // bytes
)

// pacer holds a flow of bytes to a rate by telling, after each transfer, how long to
// wait before the next. Charging afterwards charges what really moved: a read that
// found little costs little.
type pacer struct {
	limiter *rate.Limiter
	rate    harness.Rate
	chunk   int   // bytes to move at once
	charged int64 // of the flow's bytes
}

// newPacer makes a pacer for a flow that has moved so many bytes, free of charge, and
// goes on in transfers of up to atLeast bytes, or of chunk if that is more. A chunk is a
// fiftieth of a second's bytes. The burst is 50 ms of bytes: a timer that fires late is
// made up for by what gathered meanwhile, which a burst of one transfer would lose.
func newPacer(r harness.Rate, moved int64, atLeast int) *pacer {
	chunk := int(min(max(int64(r)/50, minChunk), maxChunk))
	burst := max(int(r/20), chunk, atLeast)
	return &pacer{limiter: rate.NewLimiter(rate.Limit(r), burst), rate: r, chunk: chunk, charged: moved}
}

// charge accounts for what the flow moved since, given all it ever moved, and returns
// how long to wait before moving more.
func (p *pacer) charge(moved int64) time.Duration {
	n := int(moved - p.charged)
	p.charged = moved
	if n == 0 {
		return 0
	}
	return p.limiter.ReserveN(time.Now(), n).Delay()
}
