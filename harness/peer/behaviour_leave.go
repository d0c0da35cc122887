package peer

// leaving closes the connection once so many bytes were read, in order or with a reset.
// The kernel makes a reset of an orderly close, too, where bytes lie unread, as with
// any client that leaves in the middle.
type leaving struct {
	after int64
	reset bool
}

func (l leaving) before(c pausable, limit int) (int, error) {
	if c.received() >= l.after {
		return 0, c.leave(l.reset)
	}
	return until(l.after, c.received(), limit), nil
}
