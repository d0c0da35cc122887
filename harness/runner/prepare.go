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
	"strings"
	"text/template"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
)

// newID names a run: short, and unique enough for containers side by side.
func newID() string {
	var random [5]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

// prepare builds what has to be built. Addresses are filled in once the peer is there.
func (x *execution) prepare(ctx context.Context) (engine.Program, error) {
	program := engine.Program{
		Image: x.variant.Image, Command: x.variant.Command, Args: x.variant.Args,
		Env: maps.Clone(x.variant.Env), Limits: x.scenario.Limits,
		User: x.variant.User, WritableRoot: x.variant.WritableRoot,
	}
	if program.Env == nil {
		program.Env = map[string]string{}
	}
	if x.variant.NeedsHost() {
		program.Dir = x.scenario.Dir // as all paths of the file are meant
	}
	switch {
	case x.variant.Go != "":
		goos, goarch := x.runner.Engine.Platform()
		binary, err := buildGo(ctx, x.scenario.Path(x.variant.Go), goos, goarch)
		program.Binary = binary
		return program, err
	case x.variant.Build != "":
		program.BuildDir = x.scenario.Path(x.variant.Build)
	case x.variant.Node != nil:
		return program, fmt.Errorf("run %s: this highwater cannot run node: programs yet; put the script into an image, and name that with image: or its folder with build: instead", x.variant.Name)
	}
	return program, nil
}

// contract is what templates in args and env may name.
type contract struct {
	Source, SourceHost, SourcePort string
	Sink, SinkHost, SinkPort       string
	Listen                         string
}

// fillContract tells the program where its two ends are.
func (x *execution) fillContract(program *engine.Program, at engine.Peer) error {
	values := contract{Source: at.Source, Sink: at.Sink, Listen: at.Listen}
	values.SourceHost, values.SourcePort, _ = net.SplitHostPort(at.Source)
	values.SinkHost, values.SinkPort, _ = net.SplitHostPort(at.Sink)
	var err error
	program.Args = mapStrings(program.Args, values, &err)
	program.Command = mapStrings(program.Command, values, &err)
	for name, text := range program.Env {
		program.Env[name] = expand(text, values, &err)
	}
	if x.scenario.Source != nil {
		program.Env[engine.EnvSource] = at.Source
	}
	if x.scenario.Sink.Kind == harness.SinkTCP {
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
	variant.Args, variant.Command = redactWords(variant.Args), redactWords(variant.Command)
	scenario.Variants = []harness.Variant{variant}
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
// a report can show the guilty line wherever it is rendered.
func keepSources(scenario *harness.Scenario, variant harness.Variant, to string) error {
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
