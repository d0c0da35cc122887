package peer

import (
	"time"

	"github.com/highwater-dev/highwater/harness"
)

// trickling reads few bytes at a time, with a pause before each read.
type trickling harness.Trickle

func (t trickling) before(c pausable, limit int) (int, error) {
	return int(min(int64(limit), int64(t.Bytes))), c.pause(time.Duration(t.Every))
}
