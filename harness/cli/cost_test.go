package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness/gate"
	"github.com/highwater-dev/highwater/harness/runner"
	"github.com/highwater-dev/highwater/reports"
)

// BenchmarkWatching runs two correct programs, one bound by its processor and one by
// its two ends, between an unthrottled source and an unthrottled sink, watched in each
// of the three ways: "all" differs from "counters" by profiles and the collections that
// they ask for, and "none" still counts both ends once a second. One operation is
// one run; seconds are from the beginning of the load to the program's end. `make
// cost` runs it several times, the ways in turn, and has benchstat compare.
func BenchmarkWatching(b *testing.B) {
	highwater := os.Getenv("HIGHWATER_BINARY")
	if highwater == "" {
		b.Skip("HIGHWATER_BINARY names no binary; use make cost")
	}
	engine := "process"
	if wanted := os.Getenv("HIGHWATER_ENGINE"); wanted != "" {
		engine = wanted
	}
	for _, program := range []string{"hasher", "copier"} {
		for _, watch := range runner.Watches {
			b.Run(fmt.Sprintf("engine=%s/program=%s/watch=%s", engine, program, watch), func(b *testing.B) {
				seconds := 0.0
				for range b.N {
					seconds += watched(b, highwater, engine, program, watch)
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(seconds/float64(b.N), "s/run")
			})
		}
	}
}

// watched is how long one run took, from the beginning of the load to its end.
func watched(b *testing.B, highwater, engine, program string, watch runner.Watch) float64 {
	b.Helper()
	run := exec.Command(highwater, "run", filepath.Join("testdata", "cost"), "--variants", program,
		"--engine", engine, "--watch", string(watch), "--out", b.TempDir(), "--json")
	text, err := run.Output()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != gate.ExitInconclusive {
		require.NoError(b, err) // too little was watched to acquit: that is not what is measured
	}
	var report reports.Document
	require.NoError(b, json.Unmarshal(text, &report))
	result := report.Scenarios[0].Variants[0]
	require.EqualValues(b, 2_000_000, result.RowsDelivered)
	return result.DurationSeconds
}
