package docker_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
)

// sample waits for a sample that has memory in it: figures of the engine's own come
// once a second.
func sample(t *testing.T, program *started) map[harness.Metric]float64 {
	t.Helper()
	var values map[harness.Metric]float64
	testbin.Until(t, "memory is known", func() bool {
		values = map[harness.Metric]float64{}
		return program.Sample(values) == nil && values[harness.MemoryAnon] > 0
	})
	return values
}

func TestSamplesFollowMemory(t *testing.T) {
	e := connect(t)
	if !e.Local() {
		t.Log("control groups cannot be read here: the engine's own figures stand in")
	}
	th := open(t, e)
	program := th.act("say=small", "hold=40", "wait")
	program.stdout.Wait(t, "held 40")
	values := sample(t, program)
	assert.Greater(t, values[harness.MemoryAnon], 40.0*float64(harness.MiB))
	assert.Less(t, values[harness.MemoryAnon], 64.0*float64(harness.MiB))
	assert.GreaterOrEqual(t, values[harness.MemoryUsage], values[harness.MemoryAnon])
	assert.Positive(t, values[harness.CPUTime])
	assert.Contains(t, values, harness.SystemTime)
	assert.Positive(t, values[harness.Descriptors])
	assert.Positive(t, values[harness.WriteCalls], "what it said")
	assert.Contains(t, values, harness.MajorFaults)

	queues := map[harness.Metric]float64{}
	err := program.Instance.(engine.Wired).SampleQueues(queues)
	assert.Equal(t, e.Local(), err == nil, "%v", err)
	assert.Equal(t, e.Local(), len(queues) == 2, "what lies in its TCP queues: %v", queues)

	targets, err := program.Instance.(engine.Opener).OpenTargets()
	assert.Equal(t, e.Local(), err == nil, "%v", err)
	assert.Equal(t, e.Local(), len(targets) > 0, "what it holds open: %v", targets)

	facts := map[string]string{}
	program.Describe(facts)
	assert.Contains(t, facts["memory_from"], "cgroup v")
}

func TestSamplesGrow(t *testing.T) {
	th := open(t, connect(t))
	program := th.act("grow=50")
	first := sample(t, program)[harness.MemoryAnon]
	testbin.Until(t, "memory has grown by 20 MiB", func() bool {
		values := map[harness.Metric]float64{}
		_ = program.Sample(values)
		return values[harness.MemoryAnon] > first+20*float64(harness.MiB)
	})
}

// A zero after the death would be taken for memory given back.
func TestSamplesVanishWithTheProgram(t *testing.T) {
	th := open(t, connect(t))
	program := th.act("grow=100")
	var last map[harness.Metric]float64
	for ended := false; !ended; {
		values := map[harness.Metric]float64{}
		if _ = program.Sample(values); len(values) > 0 {
			if memory, told := values[harness.MemoryAnon]; told {
				require.Positive(t, memory)
			}
			last = values
		}
		select {
		case <-program.Done():
			ended = true
		default:
		}
	}
	require.NotNil(t, last)
	values := map[harness.Metric]float64{}
	assert.Error(t, program.Sample(values))
	assert.Empty(t, values)
}

// An engine on another machine has no control groups here: its own figures have to do.
func TestSamplesOfARemoteEngine(t *testing.T) {
	e := connect(t)
	e.SetLocal(false)
	th := open(t, e)
	program := th.act("hold=40", "wait")
	program.stdout.Wait(t, "held 40")
	testbin.Until(t, "the engine's figures say 40 MiB", func() bool {
		values := map[harness.Metric]float64{}
		return program.Sample(values) == nil && values[harness.MemoryAnon] > 40*float64(harness.MiB)
	})
	values := sample(t, program)
	assert.Less(t, values[harness.MemoryAnon], 64*float64(harness.MiB))
	assert.GreaterOrEqual(t, values[harness.MemoryUsage], values[harness.MemoryAnon])
	assert.Positive(t, values[harness.CPUTime])
	facts := map[string]string{}
	program.Describe(facts)
	assert.Contains(t, facts["memory_from"], "the engine's statistics")

	require.NoError(t, program.Stop(0))
	testbin.Until(t, "the figures of the dead have ended", func() bool { return program.Sample(map[harness.Metric]float64{}) != nil })
}

func TestImagesOfBinariesAreBuiltOnce(t *testing.T) {
	e := connect(t)
	images := map[string]bool{}
	for range 2 {
		th := open(t, e)
		program := th.act("exit=0")
		program.ended(t)
		images[inspect(t, e, id(program)).Image] = true
	}
	assert.Len(t, images, 1)

	// The tag is a hash of the binary, so another binary has another image.
	th := open(t, e)
	other := th.start(engine.Program{Binary: testbin.Highwater(t), Args: []string{"version"}, Limits: limits})
	other.ended(t)
	assert.NotContains(t, images, inspect(t, e, id(other)).Image)
	for image := range images {
		inspected, err := e.Client().ImageInspect(t.Context(), image)
		require.NoError(t, err)
		require.Len(t, inspected.RepoTags, 1)
		assert.Regexp(t, `^highwater-program:[0-9a-f]{12}$`, inspected.RepoTags[0])
	}
}
