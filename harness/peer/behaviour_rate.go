package peer

import "github.com/highwater-dev/highwater/harness"

// rateReading reads so many bytes a second. While the program delivers less, it saves
// up no more than the pacer's burst.
type rateReading struct{ *pacer }

func readAtRate(rate harness.Rate, received int64) rateReading {
	return rateReading{newPacer(rate, received, 0)}
}

func (r rateReading) before(c pausable, limit int) (int, error) {
	if wait := r.charge(c.received()); wait > 0 {
		if err := c.pause(wait); err != nil {
			return 0, err
		}
	}
	return min(limit, r.chunk), nil
}
