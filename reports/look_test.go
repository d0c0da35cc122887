package reports

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"
)

// -look DIR writes the demo report for people to look at.
var look = flag.String("look", "", "write the demo report into this directory")

func TestLook(t *testing.T) {
	if *look == "" {
		t.Skip("run with -look DIR to write the demo report there")
	}
	require.NoError(t, Write(*look, demo(t, *look)))
}
