// Package scenarios is the catalog that highwater brings along: a folder for each
// failure mode, with scenario.yaml, LESSON.md and the programs.
//
// The folders are embedded, so that one binary is enough. Open copies the catalog
// once into the user's cache, under a name made from its contents, and loads the
// scenario from there: programs are built from files, and a catalog of another
// version must not be mistaken for this one. In a checkout, too, the embedded copy is
// what runs; to try a change, name the folder instead of the id.
//
// The package holds data. It neither builds nor runs a program, and nothing in it
// tells the analysis what to find: what a scenario declares is read by the gate alone.
package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

//go:embed */scenario.yaml */LESSON.md */*.sql */go/*/*.go */go/*/*/*.go */node/*.mjs */node/*/*.mjs */node/*.js */node/package.json */node/package-lock.json
var files embed.FS

// List loads the whole catalog, in the order of the ids.
func List() ([]*harness.Scenario, error) {
	root, err := extract()
	if err != nil {
		return nil, err
	}
	var list []*harness.Scenario
	for _, id := range IDs() {
		scenario, err := harness.LoadScenario(filepath.Join(root, id))
		if err != nil {
			return nil, fmt.Errorf("list scenarios: %w", err)
		}
		list = append(list, scenario)
	}
	return list, nil
}

// Open loads one scenario of the catalog. Its Dir lies in the user's cache.
func Open(id string) (*harness.Scenario, error) {
	if !slices.Contains(IDs(), id) {
		return nil, fmt.Errorf("open scenario %q: %w: the catalog has %s", id, fs.ErrNotExist, strings.Join(IDs(), ", "))
	}
	root, err := extract()
	if err != nil {
		return nil, err
	}
	return harness.LoadScenario(filepath.Join(root, id))
}

// IDs names the scenarios of the catalog, sorted.
func IDs() []string {
	found, err := fs.Glob(files, "*/"+harness.ScenarioFile)
	if err != nil {
		panic(err) // the pattern is constant
	}
	for i, path := range found {
		found[i] = strings.TrimSuffix(path, "/"+harness.ScenarioFile)
	}
	return found
}

// Lesson is the text of a scenario's LESSON.md.
func Lesson(id string) (string, error) {
	text, err := files.ReadFile(id + "/LESSON.md")
	if err != nil {
		return "", fmt.Errorf("read lesson: %w", err)
	}
	return string(text), nil
}
