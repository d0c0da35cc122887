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
	wrong := &harness.Verdict{Outcome: harness.OutcomeCompleted, Cause: harness.CauseUnknown, Sites: []harness.Site{{Function: "main.f"}}}
	for i := range 3 {
		counts, err := readTally(path)
		require.NoError(t, err)
		counts.add("docker", "a", "go/fixed", false, &harness.Verdict{})
		counts.add("docker", "a", "go/broken", i == 1, wrong)
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
