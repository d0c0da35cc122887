package peer

// stopReading leaves everything in the receive queue until the phase changes: the
// window closes, and nothing is dropped.
type stopReading struct{}

func (stopReading) before(c pausable, _ int) (int, error) { return 0, c.pause(forever) }
