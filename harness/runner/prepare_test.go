package runner

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/process"
)

func TestRedact(t *testing.T) {
	secrets := []string{"API_TOKEN", "DB_PASSWORD", "db_passwd", "AWS_SECRET_ACCESS_KEY", "STRIPE_API_KEY", "STRIPE_APIKEY",
		"GOOGLE_CREDENTIALS", "PRIVATE_PEM", "AUTH", "SENTRY_DSN", "DATABASE_URL"}
	plain := []string{"GOMEMLIMIT", "LOG_LEVEL", "PORT", "EXPORT_KEYS", "URL"}
	env := map[string]string{}
	for _, name := range append(secrets, plain...) {
		env[name] = "value of " + name
	}
	shown := redact(env)
	for _, name := range secrets {
		assert.Equal(t, "(redacted)", shown[name], name)
		assert.Equal(t, "value of "+name, env[name], "the program still gets it")
	}
	for _, name := range plain {
		assert.Equal(t, "value of "+name, shown[name])
	}
	assert.Len(t, shown, len(env))
	assert.Nil(t, redact(nil))
}

// Secrets of services are hidden in what is written down, and in nothing else.
func TestServicesAreRedacted(t *testing.T) {
	service := harness.Service{Name: "objects", Args: []string{"--secret", "sesame"}, Env: map[string]string{"ROOT_PASSWORD": "sesame"}}
	x := &execution{runner: &Runner{Engine: process.Engine{}}, scenario: harness.Scenario{Services: []harness.Service{service}}}
	told := x.info(t.Context()).Scenario.Services[0]
	assert.Equal(t, []string{"--secret", "(redacted)"}, told.Args)
	assert.Equal(t, map[string]string{"ROOT_PASSWORD": "(redacted)"}, told.Env)
	assert.Equal(t, service, x.scenario.Services[0])
}

func TestFillServices(t *testing.T) {
	x := &execution{scenario: harness.Scenario{Sink: harness.Sink{Kind: harness.SinkHTTPClient}}}
	x.services.addresses = map[string]string{"objects": "objects:8080"}
	x.services.databaseURL = "postgres://here"
	program := engine.Program{Env: map[string]string{"S3_ENDPOINT": "http://{{.Services.objects}}/x"}}
	require.NoError(t, x.fillContract(&program, engine.Peer{}))
	assert.Equal(t, map[string]string{"S3_ENDPOINT": "http://objects:8080/x", "DATABASE_URL": "postgres://here"}, program.Env)
	program = engine.Program{Args: []string{"{{.Services.cache}}"}}
	assert.Error(t, x.fillContract(&program, engine.Peer{}))
}

func TestFillContract(t *testing.T) {
	x := &execution{scenario: harness.Scenario{Source: &harness.Source{}, Sink: harness.Sink{Kind: harness.SinkTCP}}}
	program := engine.Program{
		Command: []string{"exporter", "--from={{.Source}}"}, Args: []string{"--plain", "{{.SinkHost}}", "{{.SinkPort}}"},
		Env: map[string]string{"FEED": "tcp://{{.SourceHost}}:{{.SourcePort}}/x", "BRACES": "a } b { c"},
	}
	at := engine.Peer{Source: "10.0.0.2:9000", Sink: "[fd00::2]:9001", Listen: ":8080"}
	require.NoError(t, x.fillContract(&program, at))
	assert.Equal(t, []string{"exporter", "--from=10.0.0.2:9000"}, program.Command)
	assert.Equal(t, []string{"--plain", "fd00::2", "9001"}, program.Args)
	assert.Equal(t, map[string]string{
		"FEED": "tcp://10.0.0.2:9000/x", "BRACES": "a } b { c",
		engine.EnvSource: at.Source, engine.EnvSink: at.Sink,
	}, program.Env)
}

// What a scenario does not have, its program is not told of.
func TestFillContractLeavesOut(t *testing.T) {
	x := &execution{scenario: harness.Scenario{Sink: harness.Sink{Kind: harness.SinkHTTPClient}}}
	program := engine.Program{Env: map[string]string{"ADDRESS": "{{.Listen}}"}}
	require.NoError(t, x.fillContract(&program, engine.Peer{Source: "a:1", Sink: "b:2", Listen: ":8080"}))
	assert.Equal(t, map[string]string{"ADDRESS": ":8080"}, program.Env)
}

func TestFillContractRefuses(t *testing.T) {
	for _, text := range []string{"{{.Nothing}}", "{{", "{{.Source"} {
		x := &execution{}
		program := engine.Program{Args: []string{"fine", text, "fine"}, Env: map[string]string{}}
		assert.ErrorContains(t, x.fillContract(&program, engine.Peer{}), "expand", text)
	}
}

// The program's own source is kept for the report, and nothing else of its folder.
func TestKeepSources(t *testing.T) {
	dir, to := t.TempDir(), filepath.Join(t.TempDir(), "source")
	for name, size := range map[string]int{
		"prog/main.go": 10, "prog/queue/queue.go": 20, "prog/main_test.go": 10, "prog/rows.csv": 10, "prog/huge.go": maxSourceFile + 1, "other.go": 10,
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("/"), size), 0o644))
	}
	scenario := &harness.Scenario{Dir: dir}
	require.NoError(t, keepSources(scenario, harness.Variant{Go: "./prog"}, to))
	assert.Equal(t, []string{"main.go", "queue/queue.go"}, filesUnder(t, to))

	none := filepath.Join(t.TempDir(), "source")
	require.NoError(t, keepSources(scenario, harness.Variant{Command: []string{"./prog"}}, none))
	assert.NoDirExists(t, none)
}

func filesUnder(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			relative, _ := filepath.Rel(dir, path)
			files = append(files, filepath.ToSlash(relative))
		}
		return err
	}))
	return files
}

func TestKeepScriptsWithWhatTheyImport(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"node/broken.mjs": "import net from 'node:net'\nimport { open } from './lib/bucket.js'\n", "node/fixed.mjs": "export {}",
		"node/lib/bucket.js": "const rows = await import('../rows.mjs')", "node/rows.mjs": "import './missing.mjs'\nimport '../../outside.mjs'",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	require.NoError(t, keepSources(&harness.Scenario{Dir: dir}, harness.Variant{Node: &harness.Node{Script: "./node/broken.mjs"}}, to))
	for name, want := range map[string]bool{"broken.mjs": true, "lib/bucket.js": true, "rows.mjs": true, "fixed.mjs": false} {
		_, err := os.Stat(filepath.Join(to, name))
		assert.Equal(t, want, err == nil, name)
	}
}
