package require_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	must "github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness/internal/require"
	"github.com/highwater-dev/highwater/harness/internal/require/machine"
)

// envInner makes this binary play a test that needs what is not there.
const envInner = "HIGHWATER_TEST_INNER"

func TestInner(t *testing.T) {
	switch os.Getenv(envInner) {
	case "docker":
		machine.Docker(t)
	case "moon":
		require.Need(t, "moon", func(context.Context) error { return errors.New("it is cloudy") })
	case "sun":
		require.Need(t, "sun", func(context.Context) error { return nil })
	default:
		return // on its own it plays nothing
	}
	println("went on")
}

// play runs TestInner in a process of its own.
func play(t *testing.T, need, required string) (output, unproved string, passed bool) {
	t.Helper()
	listed := filepath.Join(t.TempDir(), "unproved")
	command := exec.Command(os.Args[0], "-test.run", "^TestInner$", "-test.v")
	command.Env = append(os.Environ(),
		envInner+"="+need, "DOCKER_HOST=unix:///nonexistent", "HOME="+t.TempDir(),
		require.EnvRequired+"="+required, require.EnvUnproved+"="+listed)
	text, err := command.CombinedOutput()
	lines, readErr := os.ReadFile(listed)
	if !errors.Is(readErr, os.ErrNotExist) {
		must.NoError(t, readErr)
	}
	return string(text), string(lines), err == nil
}

func TestMissingIsSkippedAndListed(t *testing.T) {
	for _, need := range []string{"docker", "moon"} {
		output, unproved, passed := play(t, need, "chromium,postgres")
		assert.True(t, passed, output)
		assert.Contains(t, output, "--- SKIP: TestInner")
		assert.NotContains(t, output, "went on")
		assert.Equal(t, "needs "+need+": TestInner\n", unproved)
	}
}

func TestMissingFailsWhereItIsRequired(t *testing.T) {
	for _, need := range []string{"docker", "moon"} {
		output, unproved, passed := play(t, need, "chromium,"+need)
		assert.False(t, passed, output)
		assert.Contains(t, output, "--- FAIL: TestInner")
		assert.Contains(t, output, need+" is required by HIGHWATER_REQUIRE")
		assert.NotContains(t, output, "went on")
		assert.Empty(t, unproved)
	}
}

func TestPresentGoesOn(t *testing.T) {
	output, unproved, passed := play(t, "sun", "sun")
	assert.True(t, passed, output)
	assert.Contains(t, output, "went on")
	assert.Empty(t, unproved)
}
