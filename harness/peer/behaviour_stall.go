package peer

// stalling reads so many bytes, and leaves the rest in the receive queue.
type stalling int64

func (s stalling) before(c pausable, limit int) (int, error) {
	if c.received() >= int64(s) {
		return 0, c.pause(forever)
	}
	return until(int64(s), c.received(), limit), nil
}
