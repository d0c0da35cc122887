package peer

// halfClosing closes the sending side once so many bytes were read, and lets reading go on.
type halfClosing int64

func (h halfClosing) before(c pausable, limit int) (int, error) {
	if c.received() >= int64(h) {
		return limit, c.halfClose()
	}
	return until(int64(h), c.received(), limit), nil
}
