package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/nodejs"
	"github.com/highwater-dev/highwater/scenarios"
)

// planned is a scenario and those of its variants that are to run.
type planned struct {
	scenario *harness.Scenario
	variants []harness.Variant
	// ofCatalog says that the scenario is one that highwater brings along.
	ofCatalog bool
}

// plan reads all scenarios before anything starts, so that a mistake in the last one
// is found at once.
func plan(names []string, variants string) ([]planned, error) {
	var all []planned
	var broken harness.FileErrors
	for _, name := range names {
		scenario, ofCatalog, err := openScenario(name)
		if file := (harness.FileErrors{}); errors.As(err, &file) {
			broken = append(broken, file...)
			continue
		}
		if err != nil {
			return nil, usageError{err}
		}
		selected, err := scenario.Select(variants)
		if err != nil {
			return nil, usageError{err}
		}
		all = append(all, planned{scenario, selected, ofCatalog})
	}
	if len(broken) > 0 {
		return nil, broken
	}
	return all, nil
}

// openScenario finds a scenario by path where the name looks like one, else by name in
// the catalog, else as a file or folder of that name.
func openScenario(name string) (scenario *harness.Scenario, ofCatalog bool, err error) {
	if strings.ContainsAny(name, `./\`) {
		scenario, err = harness.LoadScenario(name)
		return scenario, false, err
	}
	scenario, unknown := scenarios.Open(name)
	if _, err := os.Stat(name); err == nil && unknown != nil {
		scenario, err = harness.LoadScenario(name)
		return scenario, false, err
	}
	return scenario, true, unknown
}

// leaveOutNode drops the scripts of the catalog where there is neither node nor npm: Go
// alone is enough to see what highwater does. It returns how many they are. What a user
// named in chosen, or wrote, is not dropped: it fails, and says why.
func leaveOutNode(ctx context.Context, plans []planned, chosen string) (kept []planned, dropped int) {
	if nodejs.Available(ctx) {
		return plans, 0
	}
	names := strings.Split(chosen, ",")
	for _, one := range plans {
		if one.ofCatalog {
			all := len(one.variants)
			one.variants = slices.DeleteFunc(one.variants, func(v harness.Variant) bool { return v.Node != nil && !slices.Contains(names, v.Name) })
			dropped += all - len(one.variants)
			one.scenario = withoutChecksOfScripts(one.scenario)
		}
		if len(one.variants) > 0 {
			kept = append(kept, one)
		}
	}
	return kept, dropped
}

// withoutChecksOfScripts drops what could not be compared.
func withoutChecksOfScripts(scenario *harness.Scenario) *harness.Scenario {
	isScript := func(name string) bool {
		return slices.ContainsFunc(scenario.Variants, func(v harness.Variant) bool { return v.Name == name && v.Node != nil })
	}
	changed := *scenario
	changed.Checks = slices.DeleteFunc(slices.Clone(scenario.Checks), func(c harness.Check) bool { return isScript(c.Of) || isScript(c.Over) })
	return &changed
}

// runDir names a run directory so that the order of a listing is that of the runs.
func runDir(out string, scenario *harness.Scenario, variant harness.Variant, i, n, repeat int) string {
	name := fmt.Sprintf("%02d-%s", i+1, variant.FileName())
	if repeat > 1 {
		name = fmt.Sprintf("%s.%d", name, n+1)
	}
	return filepath.Join(out, "runs", scenario.ID, name)
}

// outDir makes the folder for a report. One that holds runs already is refused:
// nothing measured is ever overwritten.
func outDir(wanted string) (string, error) {
	if wanted == "" {
		wanted = filepath.Join("highwater-out", time.Now().Format("20060102-150405"))
	}
	if entries, err := os.ReadDir(filepath.Join(wanted, "runs")); err == nil && len(entries) > 0 {
		return "", usagef("--out %s holds runs already: name another folder, or remove it", wanted)
	}
	if err := os.MkdirAll(wanted, 0o755); err != nil {
		return "", fmt.Errorf("create folder for the report: %w", err)
	}
	return wanted, nil
}
