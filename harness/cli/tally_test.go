package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

func TestTallyGoesOnCounting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "soak.tsv")
	a := &harness.Scenario{ID: "a"}
	fixedVariant := harness.Variant{Name: "go/fixed"}
	brokenVariant := harness.Variant{Name: "go/broken", Convict: &harness.Conviction{Cause: harness.CauseSlowLeak}}
	right := &harness.Verdict{Outcome: harness.OutcomeOOMKilled, Cause: harness.CauseSlowLeak}
	wrong := &harness.Verdict{Outcome: harness.OutcomeCompleted, Cause: harness.CauseUnknown, Sites: []harness.Site{{Function: "main.f"}}}
	verdicts := []*harness.Verdict{right, wrong, right}
	for i := range 3 {
		counts, err := readTally(path)
		require.NoError(t, err)
		counts.add("docker", a, fixedVariant, false, &harness.Verdict{Cause: harness.CauseNone})
		counts.add("docker", a, brokenVariant, i == 1, verdicts[i])
		require.NoError(t, counts.save(path))
	}
	counts, err := readTally(path)
	require.NoError(t, err)
	require.Len(t, counts.rows, 2)
	broken, fixed := counts.rows[0], counts.rows[1]
	assert.Equal(t, []int{3, 1, 3, 0}, []int{broken.runs, broken.wrong, fixed.runs, fixed.wrong})
	assert.Equal(t, "completed, unknown at main.f", broken.lastWrong)
	assert.Equal(t, "~0.333", broken.bound())
	assert.Equal(t, "<1.000", fixed.bound(), "three runs prove nothing yet")
	assert.Equal(t, "slow-leak:2 unknown:1", countsText(broken.convicted))
	assert.Equal(t, "declared\tslow-leak\tunknown\tnone\nslow-leak\t2\t1\t.\nnone\t.\t.\t3\n", counts.confusion())
	fixed.runs = 300
	assert.Equal(t, "<0.010", fixed.bound())
}

func TestTallyRefusesWhatItDoesNotKnow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "soak.tsv")
	require.NoError(t, os.WriteFile(path, []byte(tallyHeader+"\nfive apples\n"), 0o644))
	_, err := readTally(path)
	assert.ErrorContains(t, err, path+":2:")
	assert.Equal(t, exitUsage, exitCode(err))
}
