package cli_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	needs "github.com/highwater-dev/highwater/harness/internal/require"
	"github.com/highwater-dev/highwater/scenarios"
)

// restWithin bounds when the rest of the catalog is begun, in time since the first live test,
// so that CI ends within forty minutes: the rest takes about a quarter of what came before.
const restWithin = 21 * time.Minute

// pairsInContainers: of every scenario, in each runtime, a broken and a fixed program, and
// all that are only compared.
func (l *live) pairsInContainers() {
	l.need("docker")
	catalog, names := l.pairs(ofEach)
	l.catalog("docker", catalog, names)
}

func ofEach(scenario *harness.Scenario, variant harness.Variant) string {
	return scenario.ID + " " + variant.Runtime()
}

// restInContainers: what is left of the catalog, where the machine is quick enough. On one
// that is not it stands in the list of what was not proved, and make soak counts it.
func (l *live) restInContainers() {
	l.need("docker")
	needs.Need(l, "time", func(context.Context) error {
		if taken := time.Since(l.began); taken > restWithin {
			return fmt.Errorf("the tests before took %s", taken.Round(time.Second))
		}
		return nil
	})
	_, done := l.pairs(ofEach)
	var rest []*harness.Scenario
	var names []string
	for _, scenario := range l.declared() {
		before := len(names)
		for _, variant := range scenario.Variants {
			if !slices.Contains(done, variant.Name) {
				names = append(names, variant.Name)
			}
		}
		if len(names) > before {
			rest = append(rest, scenario)
		}
	}
	l.catalog("docker", rest, names)
}

// pairsAsProcesses: for every cause, and for a sink that never pushes back, in each runtime
// the broken and the fixed program of one scenario. Processes run one at a time, so that the
// whole catalog would take half an hour; make soak counts it. Comparisons need the machine for
// themselves, or a limit on the processor.
func (l *live) pairsAsProcesses() {
	catalog, names := l.pairs(func(scenario *harness.Scenario, variant harness.Variant) string {
		switch {
		case len(scenario.Checks) > 0, variant.Role == harness.RoleSubject:
			return ""
		case variant.Convict == nil:
			return variant.Runtime()
		}
		return variant.Runtime() + " " + string(variant.Convict.Cause)
	})
	l.catalog("process", catalog, names)
}

// declared is the whole catalog.
func (l *live) declared() []*harness.Scenario {
	catalog, err := scenarios.List()
	require.NoError(l, err)
	return catalog
}

// pairs are the first broken variant of the catalog for each of what there is to prove, and
// for each the first fixed one of its scenario and runtime. What has no name proves nothing.
// Variants that are neither stand for themselves, and those of a scenario that compares them
// for one another. A name counts in every chosen scenario.
func (l *live) pairs(proof func(*harness.Scenario, harness.Variant) string) (chosen []*harness.Scenario, names []string) {
	proved := map[string]bool{}
	for _, scenario := range l.declared() {
		before := len(names)
		wanted := map[string]bool{} // runtimes whose fixed program is wanted, too
		for _, variant := range scenario.Variants {
			what := proof(scenario, variant)
			switch {
			case what == "":
			case variant.Role == harness.RoleBroken && !proved[what]:
				proved[what], wanted[variant.Runtime()] = true, true
				names = append(names, variant.Name)
			case variant.Role == harness.RoleSubject, len(scenario.Checks) > 0:
				names = append(names, variant.Name)
			}
		}
		for _, variant := range scenario.Variants {
			if variant.Role == harness.RoleFixed && wanted[variant.Runtime()] {
				names = append(names, variant.Name)
				wanted[variant.Runtime()] = false
			}
		}
		if len(names) > before {
			chosen = append(chosen, scenario)
		}
	}
	return chosen, names
}
