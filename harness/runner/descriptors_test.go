package runner

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
)

// opener is a program that holds things open, or does not let itself be asked.
type opener struct {
	engine.Instance
	targets map[string]int
	err     error
}

func (o opener) OpenTargets() (map[string]int, error) { return o.targets, o.err }

func TestDescriptorsAreListedWhereTheEngineCan(t *testing.T) {
	open := map[string]int{"socket:[N]": 40, "/dev/null": 1}
	for name, c := range map[string]struct {
		instance engine.Instance
		watch    Watch
		want     []map[string]int
	}{
		"it can":             {opener{targets: open}, WatchAll, []map[string]int{open}},
		"it may not":         {opener{err: errors.New("permission denied")}, WatchAll, nil},
		"it cannot":          {struct{ engine.Instance }{}, WatchAll, nil},
		"nobody is to watch": {opener{targets: open}, WatchNone, nil},
	} {
		t.Run(name, func(t *testing.T) {
			x := recording(t)
			x.instance, x.runner.Watch = c.instance, c.watch
			x.listDescriptors()
			require.NoError(t, x.dir.Close())
			recorded, err := harness.OpenRun(x.dir.Dir)
			require.NoError(t, err)
			var got []map[string]int
			for _, event := range recorded.Events {
				assert.Equal(t, harness.EventDescriptors, event.Kind)
				got = append(got, event.Targets)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestFewTargetsAreKept(t *testing.T) {
	all := map[string]int{"a": 9, "b": 1, "c": 3, "d": 1}
	assert.Equal(t, all, most(all, 4))
	assert.Equal(t, map[string]int{"a": 9, "c": 3, harness.OtherTargets: 2}, most(all, 3))
}
