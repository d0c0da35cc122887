package harness_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/highwater-dev/highwater"

// goPackage is what `go list -json` tells of one package.
type goPackage struct {
	ImportPath string
	Standard   bool
	Imports    []string // direct
	Deps       []string // all, transitively
}

// arrows says which packages of the module each may import directly; what follows
// from it transitively is then settled, too. A pattern ends in /... for all below it;
// the longest one counts. Every package needs one, so that a new one is placed
// deliberately. Paths are relative to the module.
var arrows = map[string][]string{
	".":                    {"harness/cli"},
	"docker":               {},
	"harness":              {},
	"harness/schema":       {"harness"},
	"harness/compose":      {"harness"},
	"harness/engine":       {"harness"},
	"harness/engine/...":   {"harness", "harness/engine", "harness/probe", "docker"},
	"harness/peer":         {"harness"},
	"harness/probe":        {"harness"},
	"harness/service":      {"harness", "harness/engine"},
	"harness/nodejs":       {"harness"},
	"harness/runner":       {"harness", "harness/engine", "harness/nodejs", "harness/peer", "harness/probe", "harness/service"},
	"harness/analysis":     {"harness"},
	"harness/gate":         {"harness", "harness/analysis"},
	"harness/internal/...": {"harness", "harness/internal/...", "harness/engine/...", "harness/service"}, // helpers of tests
	"harness/leaktest":     {"harness", "harness/peer", "harness/probe", "harness/analysis"},
	"harness/cli": {
		"harness", "harness/analysis", "harness/engine", "harness/engine/...", "harness/gate", "harness/peer",
		"harness/nodejs", "harness/runner", "harness/schema", "harness/compose", "harness/service", "reports", "scenarios",
	},
	"reports":       {"harness", "harness/analysis"},
	"scenarios":     {"harness"},
	"scenarios/...": {}, // programs that anybody could have written
}

// owners says where alone a heavy dependency may be imported.
var owners = map[string][]string{
	"github.com/testcontainers/...":  {"harness/engine/docker"},
	"github.com/moby/...":            {"harness/engine/docker"},
	"github.com/google/pprof/driver": {"reports"},
	"github.com/invopop/jsonschema":  {"harness/schema"},
	"github.com/spf13/cobra":         {"harness/cli"},
	// compose reads a format of others', which has no place among the nouns.
	"github.com/goccy/go-yaml/...":        {"harness", "harness/compose"},
	"github.com/coder/websocket":          {"harness/probe"},
	"github.com/jackc/pgx/...":            {"harness/service", "scenarios/..."},
	"github.com/stretchr/testify/...":     {"harness/leaktest", "harness/internal/..."}, // tests themselves are not in this graph
	"github.com/rogpeppe/go-internal/...": {},
}

// unreachable says what must not come in by any detour, whatever the arrows allow.
var unreachable = map[string][]string{
	"harness":          {"github.com/testcontainers/...", "github.com/moby/...", "net/http"},
	"harness/leaktest": {"github.com/testcontainers/...", "github.com/moby/...", module + "/harness/engine/..."},
	"harness/analysis": {"net", "os/exec"},
	"reports":          {module + "/harness/runner", module + "/harness/engine/..."},
	"harness/runner":   {module + "/harness/analysis", module + "/harness/gate", module + "/reports", module + "/harness/cli"},
}

// programModules are what scenario programs may import besides the standard library:
// a database driver.
var programModules = []string{"github.com/jackc/pgx/..."}

func TestImportGraph(t *testing.T) {
	for _, wrong := range forbidden(listPackages(t)) {
		t.Error(wrong)
	}
}

// forbidden returns a line for each arrow of the graph that is not allowed.
func forbidden(packages []goPackage) []string {
	var wrong []string
	standard := map[string]bool{}
	for _, p := range packages {
		standard[p.ImportPath] = p.Standard
	}
	for _, p := range packages {
		from, ours := relative(p.ImportPath)
		if !ours {
			continue
		}
		allowed, known := ruleOf(from)
		if !known {
			wrong = append(wrong, fmt.Sprintf("%s: no rule says what it may import; add one to arrows", from))
		}
		for _, imported := range p.Imports {
			wrong = append(wrong, arrow(from, imported, allowed, standard[imported])...)
		}
		for _, pattern := range unreachable[from] {
			if i := slices.IndexFunc(p.Deps, func(dep string) bool { return matches(pattern, dep) }); i >= 0 {
				wrong = append(wrong, fmt.Sprintf("%s: reaches %s by some detour", from, p.Deps[i]))
			}
		}
	}
	return wrong
}

// arrow judges one import.
func arrow(from, imported string, allowed []string, standard bool) (wrong []string) {
	to, ours := relative(imported)
	within := func(pattern string) bool { return matches(pattern, to) }
	if ours && !slices.ContainsFunc(allowed, within) {
		return []string{fmt.Sprintf("%s: imports %s; it may import %v", from, to, allowed)}
	}
	if ours || standard {
		return nil
	}
	isProgram := strings.HasPrefix(from, "scenarios/")
	if isProgram && !slices.ContainsFunc(programModules, func(pattern string) bool { return matches(pattern, imported) }) {
		return []string{fmt.Sprintf("%s: imports %s; a scenario program imports the standard library", from, imported)}
	}
	for pattern, legal := range owners {
		isOwner := func(owner string) bool { return matches(owner, from) }
		if matches(pattern, imported) && !slices.ContainsFunc(legal, isOwner) {
			wrong = append(wrong, fmt.Sprintf("%s: imports %s, which belongs to %v", from, imported, legal))
		}
	}
	return wrong
}

// ruleOf finds the longest pattern of arrows for a package.
func ruleOf(from string) ([]string, bool) {
	best, found := "", false
	for pattern := range arrows {
		if matches(pattern, from) && len(pattern) > len(best) {
			best, found = pattern, true
		}
	}
	return arrows[best], found
}

// matches: a pattern with /... matches what lies below, and for other modules itself.
func matches(pattern, name string) bool {
	below, wild := strings.CutSuffix(pattern, "/...")
	if !wild {
		return pattern == name
	}
	return strings.HasPrefix(name, below+"/") || strings.Contains(below, ".") && name == below
}

func relative(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	command := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports,Deps", module+"/...")
	// As it is built for release: net then has no C in its graph either.
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	text, err := command.Output()
	require.NoError(t, err, stderr.String())
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var one goPackage
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		packages = append(packages, one)
	}
	require.True(t, slices.ContainsFunc(packages, func(p goPackage) bool { return p.ImportPath == module+"/harness/cli" }))
	return packages
}

// The rules are worth nothing unless they fail on a graph that breaks them.
func TestImportGraphSeesForbiddenArrows(t *testing.T) {
	cases := []struct {
		name, from string
		imports    []string
		deps       []string
		want       string // empty: legal
	}{
		{name: "the nouns import an engine", from: "harness", imports: []string{module + "/harness/engine"}, want: "harness: imports harness/engine"},
		{name: "the runner judges", from: "harness/runner", imports: []string{module + "/harness/analysis"}, want: "harness/runner: imports harness/analysis"},
		{name: "the runner names an engine", from: "harness/runner", imports: []string{module + "/harness/engine/docker"}, want: "imports harness/engine/docker"},
		{name: "the analysis asks a live program", from: "harness/analysis", imports: []string{module + "/harness/probe"}, want: "imports harness/probe"},
		{name: "the gate renders", from: "harness/gate", imports: []string{module + "/reports"}, want: "imports reports"},
		{name: "a renderer runs", from: "reports", imports: []string{module + "/harness/runner"}, want: "imports harness/runner"},
		{name: "an engine knows the other", from: "harness/engine/docker", imports: []string{module + "/harness/engine/process"}, want: "imports harness/engine/process"},
		{name: "the peer starts containers", from: "harness/peer", imports: []string{"github.com/testcontainers/testcontainers-go"}, want: "belongs to [harness/engine/docker]"},
		{name: "a command talks to the engine itself", from: "harness/cli", imports: []string{"github.com/moby/moby/client"}, want: "belongs to [harness/engine/docker]"},
		{name: "the analysis draws flame graphs", from: "harness/analysis", imports: []string{"github.com/google/pprof/driver"}, want: "belongs to [reports]"},
		{name: "schemas elsewhere", from: "harness", imports: []string{"github.com/invopop/jsonschema"}, want: "belongs to [harness/schema]"},
		{name: "testify outside of tests", from: "harness/gate", imports: []string{"github.com/stretchr/testify/assert"}, want: "belongs to"},
		{name: "a helper of tests is shipped", from: "harness/cli", imports: []string{module + "/harness/internal/testbin"}, want: "imports harness/internal/testbin"},
		{name: "a second caller of the commands", from: "harness/runner", imports: []string{module + "/harness/cli"}, want: "imports harness/cli"},
		{name: "a program with a library", from: "scenarios/x/go/broken", imports: []string{"golang.org/x/time/rate"}, want: "a scenario program imports the standard library"},
		{name: "a program that knows highwater", from: "scenarios/x/go/broken", imports: []string{module + "/harness"}, want: "scenarios/x/go/broken: imports harness"},
		{name: "containers in users' tests", from: "harness/leaktest", deps: []string{"github.com/moby/moby/client"}, want: "reaches github.com/moby/moby/client"},
		{name: "a package that nobody placed", from: "harness/misc", want: "no rule"},
		{name: "legal", from: "harness/runner", imports: []string{"net/http", module + "/harness/peer"}},
		{name: "legal: a driver", from: "scenarios/x/go/broken", imports: []string{"bufio", "github.com/jackc/pgx/v5"}},
		{name: "legal: containers in their place", from: "harness/engine/docker", imports: []string{"github.com/testcontainers/testcontainers-go", module + "/docker"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			graph := []goPackage{
				{ImportPath: path.Join(module, c.from), Imports: c.imports, Deps: c.deps},
				{ImportPath: "bufio", Standard: true}, {ImportPath: "net/http", Standard: true},
			}
			wrong := forbidden(graph)
			if c.want == "" {
				assert.Empty(t, wrong)
				return
			}
			require.Len(t, wrong, 1)
			assert.Contains(t, wrong[0], c.want)
		})
	}
}
