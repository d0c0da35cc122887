package runner

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/nodejs"
	"github.com/highwater-dev/highwater/harness/service"
)

// newID names a run: short, and unique enough for containers side by side.
func newID() string {
	var random [5]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

// prepare builds what has to be built. Addresses are filled in once the peer is there.
func (x *execution) prepare(ctx context.Context) (program engine.Program, err error) {
	program = engine.Program{
		Image: x.variant.Image, Command: x.variant.Command, Args: x.variant.Args,
		Env: maps.Clone(x.variant.Env), Limits: x.scenario.Limits,
		User: x.variant.User, WritableRoot: x.variant.WritableRoot,
	}
	if x.variant.NeedsHost() {
		program.Dir = x.scenario.Dir // as all paths of the file are meant
	}
	switch {
	case x.variant.Go != "":
		goos, goarch := x.runner.Engine.Platform()
		program.Binary, err = buildGo(ctx, x.scenario.Path(x.variant.Go), goos, goarch)
	case x.variant.Build != "":
		program.BuildDir = x.scenario.Path(x.variant.Build)
	case x.variant.Node != nil:
		program.Node, err = x.prepareNode(ctx)
	}
	return program, err
}

// prepareNode finds the Node.js that the script asks for, and installs what it depends on.
func (x *execution) prepareNode(ctx context.Context) (*engine.Node, error) {
	goos, goarch := x.runner.Engine.Platform()
	finder := nodejs.Finder{Cache: cachePath("node"), GOOS: goos, GOARCH: goarch, Containers: x.runner.Engine.Name() == "docker"}
	found, err := finder.Find(ctx, string(x.variant.Node.Version))
	if err != nil {
		return nil, err
	}
	if found.Why != nil {
		x.event(harness.Event{Kind: harness.EventWarning, Text: fmt.Sprintf("the image %s is used: %v", found.Image, found.Why)})
	}
	app, err := finder.LayOut(ctx, x.scenario.Dir, x.scenario.Path(x.variant.Node.Script), cachePath("packages"))
	if err != nil {
		return nil, err
	}
	files, err := app.Files()
	if err != nil {
		return nil, fmt.Errorf("list what belongs to %s: %w", x.variant.Node.Script, err)
	}
	return &engine.Node{Binary: found.Binary, Libraries: found.Libraries, Image: found.Image,
		App: app.Dir, Files: files, Script: app.Script, Wait: x.runner.Watch != WatchNone}, nil
}

// contract is what templates in args and env may name.
type contract struct {
	Source, SourceHost, SourcePort string
	Sink, SinkHost, SinkPort       string
	Listen                         string
	Services                       map[string]string
	Scratch                        string // of a service
}

// fill fills in the templates of a program.
func (c contract) fill(program *engine.Program) (err error) {
	program.Args = mapStrings(program.Args, c, &err)
	program.Command = mapStrings(program.Command, c, &err)
	if program.Env == nil {
		program.Env = map[string]string{}
	}
	for name, text := range program.Env {
		program.Env[name] = expand(text, c, &err)
	}
	return err
}

// fillContract tells the program where its two ends are.
func (x *execution) fillContract(program *engine.Program, at engine.Peer) error {
	values := contract{Source: at.Source, Sink: at.Sink, Listen: at.Listen, Services: x.services.addresses}
	values.SourceHost, values.SourcePort, _ = net.SplitHostPort(at.Source)
	values.SinkHost, values.SinkPort, _ = net.SplitHostPort(at.Sink)
	err := values.fill(program)
	if x.services.databaseURL != "" {
		program.Env[service.EnvDatabase] = x.services.databaseURL
	}
	if x.scenario.Source != nil {
		program.Env[engine.EnvSource] = at.Source
	}
	if !x.scenario.Sink.Kind.Comes() {
		program.Env[engine.EnvSink] = at.Sink
	}
	return err
}

func mapStrings(texts []string, values contract, failed *error) []string {
	expanded := make([]string, len(texts))
	for i, text := range texts {
		expanded[i] = expand(text, values, failed)
	}
	return expanded
}

func expand(text string, values contract, failed *error) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	parsed, err := template.New("").Option("missingkey=error").Parse(text)
	var out bytes.Buffer
	if err == nil {
		err = parsed.Execute(&out, values)
	}
	if err != nil {
		*failed = fmt.Errorf("expand %q: %w", text, err)
	}
	return out.String()
}

// info is run.json.
func (x *execution) info(ctx context.Context) harness.RunInfo {
	facts := maps.Clone(x.runner.Engine.Facts(ctx))
	maps.Copy(facts, x.runner.Facts)
	scenario, variant := x.scenario, x.variant
	variant.Env = redact(variant.Env)
	variant.Args, variant.Command = RedactWords(variant.Args), RedactWords(variant.Command)
	scenario.Variants = []harness.Variant{variant}
	scenario.Services = slices.Clone(scenario.Services)
	for i, one := range scenario.Services {
		one.Env, one.Args, one.Command = redact(one.Env), RedactWords(one.Args), RedactWords(one.Command)
		scenario.Services[i] = one
	}
	return harness.RunInfo{
		ID: x.id, Scenario: scenario, Variant: variant, Started: x.started.UTC(),
		Engine: x.runner.Engine.Name(), Facts: facts,
	}
}

// Limits of what is kept of a program's source.
const (
	maxSourceFile  = 256 * 1024
	maxSourceFiles = 50
)

// keepSources copies the program's own source files beside the measurements, so that
// a report can show the guilty line wherever it is rendered. Of scripts the one that is run
// is kept, with those that it imports: others in its folder may be those of its twins.
func keepSources(scenario *harness.Scenario, variant harness.Variant, to string) error {
	if variant.Node != nil {
		script := scenario.Path(variant.Node.Script)
		return keepScript(script, filepath.Dir(script), to, map[string]bool{})
	}
	if variant.Go == "" {
		return nil
	}
	from := scenario.Path(variant.Go)
	kept := 0
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || kept >= maxSourceFiles {
			return err
		}
		if info, err := entry.Info(); err != nil || info.Size() > maxSourceFile {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		kept++
		return copyFile(path, filepath.Join(to, relative))
	})
}

// imported finds the relative paths that a script imports.
var imported = regexp.MustCompile(`(?:from|import|require)\s*\(?\s*['"](\.{1,2}/[^'"]+)['"]`)

// keepScript copies a script and what it imports from its folder and those below.
func keepScript(script, dir, to string, kept map[string]bool) error {
	relative, err := filepath.Rel(dir, script)
	if err != nil || !filepath.IsLocal(relative) || kept[relative] || len(kept) >= maxSourceFiles {
		return err
	}
	kept[relative] = true
	if info, err := os.Stat(script); err != nil || info.Size() > maxSourceFile {
		return nil // an import without its ending, or something generated
	}
	if err := copyFile(script, filepath.Join(to, relative)); err != nil {
		return err
	}
	text, err := os.ReadFile(script)
	if err != nil {
		return err
	}
	for _, found := range imported.FindAllSubmatch(text, -1) {
		if err := keepScript(filepath.Join(filepath.Dir(script), filepath.FromSlash(string(found[1]))), dir, to, kept); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}
