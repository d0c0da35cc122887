package schema_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	yaml "github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/schema"
)

func compile(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("schema.json", document))
	compiled, err := compiler.Compile("schema.json")
	require.NoError(t, err)
	return compiled
}

func readYAML(t *testing.T, text []byte) any {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON(text)
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	require.NoError(t, err)
	return value
}

func TestScenarioSchemaAcceptsWhatLoads(t *testing.T) {
	text, err := schema.Scenario()
	require.NoError(t, err)
	compiled := compile(t, text)
	files, err := filepath.Glob("../testdata/valid/*.yaml")
	require.NoError(t, err)
	catalog, err := filepath.Glob("../../scenarios/*/scenario.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, catalog)
	for _, file := range append(files, catalog...) {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.NoError(t, compiled.Validate(readYAML(t, content)), file)
		_, err = harness.LoadScenario(file)
		assert.NoError(t, err)
	}
}

func TestScenarioSchemaRejects(t *testing.T) {
	text, err := schema.Scenario()
	require.NoError(t, err)
	compiled := compile(t, text)
	sound := map[string]string{
		"version": "1", "id": "example", "sink": "{phases: [{name: slow, for: 8s}]}",
		"limits": "{memory: 256MiB}", "variants": "[{name: a, image: b}]",
	}
	require.NoError(t, compiled.Validate(readYAML(t, join(sound, "", ""))))
	tests := map[string]struct{ key, value string }{
		"unknown key":      {"titel", "x"},
		"other version":    {"version", "2"},
		"no unit":          {"limits", "{memory: 256}"},
		"wrong unit":       {"limits", "{memory: 256megs}"},
		"no memory":        {"limits", "{cpus: 1}"},
		"no phases":        {"sink", "{kind: tcp}"},
		"unknown kind":     {"sink", "{kind: udp, phases: [{name: slow, for: 8s}]}"},
		"endless phase":    {"sink", "{phases: [{name: slow}]}"},
		"two ends":         {"sink", "{phases: [{name: slow, for: 8s, until: drained}]}"},
		"no rate":          {"sink", "{phases: [{name: slow, for: 8s, rate: 5MiB}]}"},
		"source of no row": {"source", "{row: 1KiB}"},
		"wrong row":        {"source", "{rows: 1, row: 1KiB...2KiB}"},
		"unknown engine":   {"engine", "{podman: {bound: 1MiB}}"},
		"unknown runtime":  {"runtime", "{deno: {bound: 1MiB}}"},
		"its engine":       {"runtime", "{node: {engine: {podman: {bound: 1MiB}}}}"},
		"no script":        {"variants", "[{name: a, node: {version: 22}}]"},
		"no version":       {"variants", "[{name: a, node: {script: a.mjs, version: latest}}]"},
		"no variants":      {"variants", "[]"},
		"no program":       {"variants", "[{name: a}]"},
		"unknown role":     {"variants", "[{name: a, image: b, role: hero}]"},
		"convict of none":  {"variants", "[{name: a, image: b, role: broken, convict: {cause: none}}]"},
		"expects pass":     {"expect", "pass"},
		"engages a word":   {"engages", "presure"},
		"unknown figure":   {"checks", "[{metric: speed, of: a, min: 1}]"},
		"no bound":         {"checks", "[{metric: peak_bytes, of: a}]"},
		"of nobody":        {"checks", "[{metric: peak_bytes, min: 1}]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Error(t, compiled.Validate(readYAML(t, join(sound, test.key, test.value))))
		})
	}
}

// join writes a file from keys, one of them replaced or added.
func join(sound map[string]string, key, value string) []byte {
	var text bytes.Buffer
	for name, usual := range sound {
		if name != key {
			text.WriteString(name + ": " + usual + "\n")
		}
	}
	if key != "" {
		text.WriteString(key + ": " + value + "\n")
	}
	return text.Bytes()
}

func TestEveryKeyIsDescribed(t *testing.T) {
	text, err := schema.Scenario()
	require.NoError(t, err)
	type object struct {
		Properties map[string]struct{ Description string }
	}
	var root struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(text, &root))
	require.NotEmpty(t, root.Properties)
	require.NotEmpty(t, root.Defs)
	root.Defs["Scenario"] = root.object
	for name, one := range root.Defs {
		for key, property := range one.Properties {
			assert.NotEmpty(t, property.Description, "%s.%s", name, key)
		}
	}
}

func TestOfKnowsTheWholeEnumerations(t *testing.T) {
	text, err := schema.Of(struct {
		Cause  harness.Cause  `json:"cause"`
		Result harness.Result `json:"result"`
		Bytes  int64          `json:"peak_bytes"`
	}{})
	require.NoError(t, err)
	compiled := compile(t, text)
	for value, want := range map[string]bool{
		`{cause: none, result: pass, peak_bytes: 5}`:             true,
		`{cause: unknown, result: inconclusive, peak_bytes: 0}`:  true,
		`{cause: something, result: pass, peak_bytes: 5}`:        false,
		`{cause: none, result: pass}`:                            false,
		`{cause: none, result: pass, peak_bytes: "5"}`:           false,
		`{cause: none, result: pass, peak_bytes: 5, other: "x"}`: false,
	} {
		err := compiled.Validate(readYAML(t, []byte(value)))
		assert.Equal(t, want, err == nil, "%s: %v", value, err)
	}
}
