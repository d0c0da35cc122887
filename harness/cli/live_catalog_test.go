package cli_test

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
	"github.com/highwater-dev/highwater/harness/gate"
	needs "github.com/highwater-dev/highwater/harness/internal/require"
	"github.com/highwater-dev/highwater/harness/internal/require/machine"
	"github.com/highwater-dev/highwater/reports"
)

// catalog runs those variants of scenarios that are named, and holds each to what it declares.
func (l *live) catalog(in string, catalog []*harness.Scenario, names []string) {
	l.Helper()
	glob := strings.Join(names, ",")
	needs.Program(l, "node")
	needs.Program(l, "npm") // it has the other versions, and what scripts depend on
	ids := make([]string, 0, len(catalog))
	for _, scenario := range catalog {
		ids = append(ids, scenario.ID)
		if scenario.Database() != nil {
			machine.Postgres(l)
		}
	}
	code, stdout, stderr := l.run(append([]string{"run", "--engine", in, "--variants", glob, "--parallel", "auto", "--out", l.out}, ids...)...)
	document := l.report()
	if !l.again(in, catalog, document) {
		// What is wrong alone: of all the rest, a log that is cut would show that first.
		wrong := slices.DeleteFunc(strings.Split(stdout, "\n"), func(line string) bool { return !strings.Contains(line, "✗") })
		assert.Zero(l, code, "%s\n%s", strings.Join(wrong, "\n"), stderr[max(0, len(stderr)-600):])
	}
	assert.Equal(l, in, document.Engine)
	require.Len(l, document.Scenarios, len(catalog))
	for i, scenario := range catalog {
		told := document.Scenarios[i]
		assert.Equal(l, scenario.ID, told.ID)
		variants, err := scenario.Select(glob)
		require.NoError(l, err)
		require.Len(l, told.Variants, len(variants))
		for j, declared := range variants {
			l.asDeclared(scenario, declared, told.Variants[j])
		}
		assert.Len(l, told.Checks, len(scenario.Checks))
		for _, check := range told.Checks {
			assert.Equal(l, harness.Pass, check.Result, "%s: %s", scenario.ID, check.Text)
		}
		switch scenario.ID {
		case "export-at-scale":
			l.atScale(in, told)
		case "connection-starvation":
			l.starved(in, told)
		case "default-high-water-mark":
			l.firstFalse(told)
		case "object-mode":
			if in == "docker" {
				l.sixteenObjects(told)
			}
		}
	}
}

// firstFalse: after how many bytes a stream asks to wait, on two versions of Node.js.
func (l *live) firstFalse(told reports.DocumentScenario) {
	want := map[string]string{
		"node/20": "first false after 16384 bytes", "node/22": "first false after 65536 bytes",
		"node/22-default-mark": "first false after 16384 bytes", "node/22-mark-per-stream": "first false after 16384 bytes",
	}
	for _, variant := range told.Variants {
		text, err := os.ReadFile(filepath.Join(l.out, variant.Run, harness.StdoutFile))
		require.NoError(l, err)
		assert.Contains(l, string(text), want[variant.Name], variant.Name)
	}
}

// sixteenObjects: what a bound of sixteen rows of 50,000 bytes comes to stands in the list
// of streams.
func (l *live) sixteenObjects(told reports.DocumentScenario) {
	for _, variant := range told.Variants {
		if variant.Name != "node/listing/broken" {
			continue
		}
		if stream := variant.Stream; assert.NotNil(l, stream) && assert.NotNil(l, stream.Readable) {
			assert.Equal(l, "Enrich", stream.Class)
			assert.True(l, stream.Readable.Objects)
			assert.EqualValues(l, 16, stream.Readable.HighWaterMark)
			assert.EqualValues(l, 16, stream.Readable.Most)
			assert.InEpsilon(l, 800_000, stream.Readable.MostBytes, 0.01)
		}
	}
}

func (l *live) asDeclared(scenario *harness.Scenario, declared harness.Variant, told reports.DocumentVariant) {
	l.Helper()
	what := scenario.ID + " " + declared.Name + ": " + told.Sentence
	require.Equal(l, declared.Name, told.Name)
	switch {
	case scenario.Expect == harness.Inconclusive:
		assert.Equal(l, harness.Inconclusive, told.Result, what)
		assert.False(l, told.Engaged, what)
	case declared.Role == harness.RoleBroken:
		assert.Equal(l, harness.Pass, told.Result, what)
		require.NotNil(l, declared.Convict, what)
		assert.Equal(l, declared.Convict.Cause, told.Cause, what)
		if declared.Convict.Site != "" {
			assert.True(l, gate.SameSite(told.Site, declared.Convict.Site), "%s: at %s", what, told.Site)
		}
		if declared.Convict.Site != "" && declared.Node != nil {
			share := l.shareOf(filepath.Join(l.out, told.Run), declared.Convict.Site)
			assert.GreaterOrEqual(l, share, 0.5, "%s: share of %s, cumulatively, in the largest profile", what, declared.Convict.Site)
		}
	default:
		assert.Equal(l, harness.Pass, told.Result, what)
		assert.Equal(l, harness.CauseNone, told.Cause, what)
	}
}

// atScale: four gigabytes of a queue that nobody bounded, and the same work in less
// than 32 MiB.
func (l *live) atScale(in string, told reports.DocumentScenario) {
	l.Helper()
	const limit = 4 * harness.GiB
	for _, variant := range told.Variants {
		switch variant.Name {
		case "go/broken":
			assert.Equal(l, in == "docker", variant.OOMKilled)
			bytes, site := l.lastGood(filepath.Join(l.out, variant.Run))
			assert.InEpsilon(l, float64(limit), float64(bytes), 0.15, "%s in the largest profile", harness.Bytes(bytes).Human())
			assert.True(l, gate.SameSite(site, "(*queue).Write"), site)
		case "go/fixed":
			assert.Less(l, variant.Peak, int64(32*harness.MiB))
			assert.EqualValues(l, 6_000_000, variant.RowsTaken)
			assert.EqualValues(l, 6_000_000, variant.RowsDelivered)
			assert.Zero(l, variant.RowsDuplicated+variant.RowsMissing+variant.RowsReordered)
		case "node/broken-strings":
			assert.Equal(l, harness.OutcomeHeapExhausted, variant.Outcome, "V8 gives up long before the limit")
			assert.False(l, variant.OOMKilled)
			assert.Less(l, variant.Peak, int64(5*harness.GiB/2))
		case "node/broken-buffers":
			assert.Equal(l, in == "docker", variant.OOMKilled, "V8 does not count Buffers")
			assert.Greater(l, variant.Peak, int64(7*harness.GiB/2))
		case "node/fixed":
			assert.Less(l, variant.Peak, int64(180*harness.MiB))
			assert.EqualValues(l, 6_000_000, variant.RowsDelivered)
			assert.Zero(l, variant.RowsDuplicated+variant.RowsMissing+variant.RowsReordered)
		}
	}
}

// starved: without a remedy most health checks fail, and with any of them none does once
// it has taken hold, whatever memory says.
func (l *live) starved(in string, told reports.DocumentScenario) {
	l.Helper()
	for _, variant := range told.Variants {
		flat := int64(32 * harness.MiB)
		if in != "docker" {
			flat *= 2 // nobody limits the processor, and garbage waits for what others leave of it
		}
		if variant.Runtime == harness.RuntimeNode {
			flat = int64(192 * harness.MiB) // a driver's Buffers, and V8's young heap
		}
		recording, err := harness.OpenRun(filepath.Join(l.out, variant.Run))
		require.NoError(l, err)
		health := analysis.NewSeries(recording).Health
		require.NotNil(l, health, variant.Name)
		assert.Less(l, variant.Peak, flat, variant.Name)
		if variant.Role == harness.RoleBroken {
			assert.GreaterOrEqual(l, health.Failed, health.Sent/2, variant.Name)
			continue
		}
		assert.Zero(l, health.Late.Failed, variant.Name)
		assert.Less(l, health.Late.P95, 0.25, variant.Name)
	}
}

// lastGood is the largest heap profile of a run: its bytes in use, and the innermost
// function of the program that most of them were allocated under. It is read from the
// file, not from the verdict that was drawn from it.
func (l *live) lastGood(runDir string) (inUse int64, site string) {
	l.Helper()
	recording, err := harness.OpenRun(runDir)
	require.NoError(l, err)
	for _, event := range recording.Profiles() {
		if event.ProfileKind != harness.ProfileHeap {
			continue
		}
		text, err := os.ReadFile(recording.ProfilePath(event))
		require.NoError(l, err)
		heap, err := profile.ParseData(text)
		require.NoError(l, err)
		index, err := heap.SampleIndexByName("inuse_space")
		require.NoError(l, err)
		sum, by := int64(0), map[string]int64{}
		for _, sample := range heap.Sample {
			sum += sample.Value[index]
			by[innermost(sample)] += sample.Value[index]
		}
		if sum > inUse {
			inUse, site = sum, largest(by)
		}
	}
	return inUse, site
}

// shareOf is the part of all that is in use, in the largest heap profile of a run, that was
// allocated under a function: what "go tool pprof -top -cum" prints of it.
func (l *live) shareOf(runDir, function string) (share float64) {
	l.Helper()
	recording, err := harness.OpenRun(runDir)
	require.NoError(l, err)
	_, fullest, err := analysis.HeapDiff(recording)
	require.NoError(l, err)
	index, err := fullest.SampleIndexByName("inuse_space")
	require.NoError(l, err)
	all, under := int64(0), int64(0)
	for _, sample := range fullest.Sample {
		all += sample.Value[index]
		if slices.ContainsFunc(sample.Location, func(at *profile.Location) bool { return at.Line[0].Function.Name == function }) {
			under += sample.Value[index]
		}
	}
	return float64(under) / float64(max(all, 1))
}

// innermost is the first function of package main on the way out of the allocator.
func innermost(sample *profile.Sample) string {
	for _, location := range sample.Location {
		for _, line := range location.Line {
			if line.Function != nil && strings.HasPrefix(line.Function.Name, "main.") {
				return line.Function.Name
			}
		}
	}
	return ""
}

func largest(by map[string]int64) (name string) {
	most := int64(-1)
	for function, bytes := range by {
		if bytes > most {
			name, most = function, bytes
		}
	}
	return name
}

// busyboxImage is what testdata/busybox names.
const busyboxImage = "highwater-test/busybox:1"

// imagesOfOthers: nothing is exposed, nobody here wrote the program, and a scenario of
// ten lines tells a pipe from a sort.
func (l *live) imagesOfOthers() {
	l.need("docker")
	busybox := needs.Program(l, "busybox")
	l.importFile(busybox, "busybox", busyboxImage)
	code, _, stderr := l.run("run", "testdata/busybox/scenario.yaml", "--engine", "docker", "--out", l.out)
	assert.Equal(l, 1, code, stderr)
	document := l.report()
	require.Len(l, document.Scenarios, 1)
	require.Len(l, document.Scenarios[0].Variants, 2)
	pipe, sort := document.Scenarios[0].Variants[0], document.Scenarios[0].Variants[1]
	assert.Equal(l, harness.Pass, pipe.Result, pipe.Sentence)
	assert.Equal(l, harness.CauseNone, pipe.Cause)
	assert.EqualValues(l, 120_000, pipe.RowsDelivered)
	assert.Equal(l, harness.Fail, sort.Result, sort.Sentence)
	assert.Equal(l, harness.CauseWholePayload, sort.Cause, sort.Sentence)
	assert.Greater(l, sort.Peak, 100*pipe.Peak)
}

// importFile makes an image of one executable, as docker import does from any archive.
func (l *live) importFile(executable, name, image string) {
	l.Helper()
	text, err := os.ReadFile(executable)
	require.NoError(l, err)
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	require.NoError(l, writer.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text))}))
	_, err = writer.Write(text)
	require.NoError(l, err)
	require.NoError(l, writer.Close())
	command := exec.Command("docker", "import", "-", image)
	command.Stdin = &archive
	output, err := command.CombinedOutput()
	require.NoError(l, err, string(output))
	l.Cleanup(func() { _ = exec.Command("docker", "rmi", image).Run() })
}
