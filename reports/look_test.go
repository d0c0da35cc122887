package reports

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"
)

// -look DIR keeps the demo report for people to look at.
var look = flag.String("look", "", "write the demo report into this directory, instead of one that is removed")

func TestLook(t *testing.T) {
	dir := *look
	if dir == "" {
		dir = t.TempDir()
	}
	require.NoError(t, Write(dir, demo(t, dir)))
}
