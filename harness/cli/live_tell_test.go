package cli_test

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/reports"
)

// telling are the metrics by which a wrong verdict can be understood afterwards.
var telling = []harness.Metric{
	harness.MemoryAnon, harness.HeapObjects, harness.HeapLive, harness.SourceBytes, harness.SinkBytes, harness.SocketQueues,
	harness.SourceConnections, harness.SinkConnections, harness.SinkDeparted, harness.SourceBlockedSeconds, harness.SourceConnectionSeconds,
	harness.Goroutines, harness.Descriptors, harness.ProbesTotal, harness.ProbesFailed, harness.CPUTime,
}

// tell logs a run that did not come out as declared: on another machine nothing else is left
// of it. Of each second it says the last known values, bytes in MiB.
func (l *live) tell(variant reports.DocumentVariant) {
	l.Helper()
	recording, err := harness.OpenRun(filepath.Join(l.out, variant.Run))
	require.NoError(l, err)
	text := &strings.Builder{}
	fmt.Fprintf(text, "%s: %s\n", variant.Run, variant.Sentence)
	for _, metric := range telling {
		fmt.Fprintf(text, "%s ", metric)
	}
	last, next := map[harness.Metric]float64{}, 0.0
	for _, sample := range recording.Samples {
		for metric, value := range sample.Values {
			last[metric] = value
		}
		at := sample.Seconds - recording.LoadStart()
		if at < next {
			continue
		}
		next = math.Floor(at) + 1
		fmt.Fprintf(text, "\n%.2f:", at)
		for _, metric := range telling {
			value := last[metric]
			if strings.Contains(string(metric), "bytes") {
				value /= float64(harness.MiB)
			}
			fmt.Fprintf(text, " %.4g", value)
		}
	}
	for _, event := range recording.Events {
		if event.Kind != harness.EventProfile || event.Values[harness.HeapLive] > 0 {
			fmt.Fprintf(text, "\n%.2f %s %s %s %.4g", event.Seconds-recording.LoadStart(), event.Kind, event.Phase, event.Text, event.Values[harness.HeapLive]/float64(harness.MiB))
		}
	}
	l.Log(text)
}
