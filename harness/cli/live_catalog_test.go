package cli_test

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/gate"
	needs "github.com/highwater-dev/highwater/harness/internal/require"
	"github.com/highwater-dev/highwater/reports"
	"github.com/highwater-dev/highwater/scenarios"
)

// catalog: every scenario proves its own detector.
func (l *live) catalog(in string) {
	l.need(in)
	catalog, err := scenarios.List()
	require.NoError(l, err)
	ids := make([]string, 0, len(catalog))
	for _, scenario := range catalog {
		ids = append(ids, scenario.ID)
	}
	code, stdout, stderr := l.run(append([]string{"run", "--engine", in, "--out", l.out}, ids...)...)
	assert.Zero(l, code, "%s\n%s", stdout, stderr)
	document := l.report()
	assert.Equal(l, in, document.Engine)
	require.Len(l, document.Scenarios, len(catalog))
	for i, scenario := range catalog {
		told := document.Scenarios[i]
		assert.Equal(l, scenario.ID, told.ID)
		require.Len(l, told.Variants, len(scenario.Variants))
		for j, declared := range scenario.Variants {
			l.asDeclared(scenario, declared, told.Variants[j])
		}
		if scenario.ID == "export-at-scale" {
			l.atScale(in, told)
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
		}
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
	l.importImage(busybox)
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

// importImage makes an image of one file, as docker import does from any archive.
func (l *live) importImage(executable string) {
	l.Helper()
	text, err := os.ReadFile(executable)
	require.NoError(l, err)
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	require.NoError(l, writer.WriteHeader(&tar.Header{Name: "busybox", Mode: 0o755, Size: int64(len(text))}))
	_, err = writer.Write(text)
	require.NoError(l, err)
	require.NoError(l, writer.Close())
	command := exec.Command("docker", "import", "-", busyboxImage)
	command.Stdin = &archive
	output, err := command.CombinedOutput()
	require.NoError(l, err, string(output))
	l.Cleanup(func() { _ = exec.Command("docker", "rmi", busyboxImage).Run() })
}
