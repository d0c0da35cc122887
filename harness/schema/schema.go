// Package schema describes highwater's files as JSON Schema, for editors and for
// those who read reports by program. The schemas are drawn from the Go types that
// the files are read into, so that they cannot fall behind.
//
// A schema says what a file may look like; it cannot say whether the file makes
// sense. That is checked by harness.LoadScenario, which an editor's green light does
// not replace.
//
// It is a package of its own because the reflector is needed by one command only.
package schema

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/invopop/jsonschema"

	"github.com/highwater-dev/highwater/harness"
)

// Scenario is the JSON Schema of scenario.yaml.
func Scenario() ([]byte, error) {
	root := reflectorWith(scenarioTypes).Reflect(&harness.Scenario{})
	root.Title = "highwater scenario"
	describe(root)
	demand(root)
	return encode(root)
}

// Of is the JSON Schema of what encoding/json makes of a value's type.
func Of(value any) ([]byte, error) {
	return encode(reflectorWith(nil).Reflect(value))
}

func encode(root *jsonschema.Schema) ([]byte, error) {
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode schema: %w", err)
	}
	return append(text, '\n'), nil
}

// reflectorWith refuses unknown keys everywhere, as the loader does. Types are looked
// up in special first, then among those that write themselves as text.
func reflectorWith(special map[reflect.Type]func() *jsonschema.Schema) *jsonschema.Reflector {
	return &jsonschema.Reflector{
		Anonymous:      true,
		ExpandedStruct: true,
		Mapper: func(typ reflect.Type) *jsonschema.Schema {
			if make, found := special[typ]; found {
				return make()
			}
			if make, found := textTypes[typ]; found {
				return make()
			}
			return nil
		},
	}
}

const (
	number = `[0-9]+(\.[0-9]+)?`
	size   = number + ` ?([KMG]iB|[kKMG]?B)`
	// span is what time.ParseDuration reads, without a sign.
	span = `(` + number + `(ns|us|µs|ms|s|m|h))+`
)

// textTypes are the types with a text form of their own, wherever they stand.
var textTypes = map[reflect.Type]func() *jsonschema.Schema{
	reflect.TypeFor[harness.Bytes]():       pattern(size, "256MiB", "1KiB", "400B"),
	reflect.TypeFor[harness.Rate]():        pattern(size+`/s|unlimited`, "2MiB/s", "unlimited"),
	reflect.TypeFor[harness.Duration]():    pattern(span, "6s", "1m30s", "250ms"),
	reflect.TypeFor[harness.RowSize]():     pattern(size+`(\.\.`+size+`)?`, "1KiB", "400B..1000B"),
	reflect.TypeFor[harness.NodeVersion](): nodeVersion,
	reflect.TypeFor[harness.SinkKind]():    enum(harness.SinkKinds),
	reflect.TypeFor[harness.Engagement]():  enum(harness.Engagements),
	reflect.TypeFor[harness.Role]():        enum(harness.Roles),
	reflect.TypeFor[harness.Cause]():       enum(harness.Causes),
	reflect.TypeFor[harness.Figure]():      enum(harness.Figures),
	reflect.TypeFor[harness.Result]():      enum([]harness.Result{harness.Pass, harness.Fail, harness.Inconclusive}),
}

// scenarioTypes are narrower in a scenario than elsewhere.
var scenarioTypes = map[reflect.Type]func() *jsonschema.Schema{
	reflect.TypeFor[harness.Cause]():  enum(harness.DeclarableCauses()),
	reflect.TypeFor[harness.Result](): enum([]harness.Result{harness.Inconclusive}),
}

func pattern(expression string, examples ...any) func() *jsonschema.Schema {
	return func() *jsonschema.Schema {
		return &jsonschema.Schema{Type: "string", Pattern: "^(" + expression + ")$", Examples: examples}
	}
}

// nodeVersion may stand as a number: 22 is one to YAML.
func nodeVersion() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "string", Pattern: `^[0-9]+(\.[0-9]+){0,2}$`, Examples: []any{"22", "22.23.3"}},
		{Type: "number", Minimum: "0"},
	}}
}

func enum[T ~string](values []T) func() *jsonschema.Schema {
	return func() *jsonschema.Schema {
		one := &jsonschema.Schema{Type: "string"}
		for _, value := range values {
			one.Enum = append(one.Enum, string(value))
		}
		return one
	}
}

// demand adds what the tags cannot say: required keys that an override may leave out,
// the names of engines, and what a phase, a check and a variant need one of.
func demand(root *jsonschema.Schema) {
	require := func(key, definition, required string) {
		whole := &jsonschema.Schema{Required: []string{required}}
		property := root.Properties.Value(key)
		property.AllOf = []*jsonschema.Schema{{Ref: "#/$defs/" + definition}, whole}
		property.Ref = ""
	}
	require("source", "Source", "rows")
	require("sink", "Sink", "phases")
	require("limits", "Limits", "memory")
	engines := &jsonschema.Schema{Enum: []any{"docker", "process"}}
	root.Properties.Value("engine").PropertyNames = engines
	root.Definitions["RuntimeOverride"].Properties.Value("engine").PropertyNames = engines
	root.Properties.Value("runtime").PropertyNames = &jsonschema.Schema{Enum: []any{harness.RuntimeGo, harness.RuntimeNode}}
	orShort(root.Definitions["Variant"], "node", "./node/export.mjs")
	root.Properties.Value("variants").MinItems = ptr(1)
	root.Definitions["Phase"].OneOf = oneKeyOf("for", "until")
	root.Definitions["Service"].AnyOf = oneKeyOf("postgres", "go", "image", "command")
	root.Definitions["Check"].AnyOf = oneKeyOf("min", "max")
	root.Definitions["Variant"].AnyOf = oneKeyOf("go", "node", "image", "build", "command")
}

// orShort lets a mapping be written as the text of its most important key.
func orShort(of *jsonschema.Schema, key, example string) {
	property := of.Properties.Value(key)
	property.AnyOf = []*jsonschema.Schema{{Ref: property.Ref}, {Type: "string", Examples: []any{example}}}
	property.Ref = ""
}

func oneKeyOf(keys ...string) []*jsonschema.Schema {
	var list []*jsonschema.Schema
	for _, key := range keys {
		list = append(list, &jsonschema.Schema{Required: []string{key}})
	}
	return list
}

func ptr(n uint64) *uint64 { return &n }
