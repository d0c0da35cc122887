package harness

import (
	"reflect"
	"slices"
	"strings"
)

// field is a key of a mapping, as the tags of a struct say it.
type field struct {
	name     string
	index    []int    // through embedded structs, whose keys stand among the others
	required bool     // without omitempty, as JSON Schema has it
	enum     []string // from the jsonschema tag
}

func fieldsOf(typ reflect.Type) []field {
	var fields []field
	for _, member := range reflect.VisibleFields(typ) {
		name, options, _ := strings.Cut(member.Tag.Get("json"), ",")
		if name == "-" || member.Anonymous {
			continue
		}
		one := field{name: name, index: member.Index, required: !strings.Contains(options, "omit")}
		for part := range strings.SplitSeq(member.Tag.Get("jsonschema"), ",") {
			if value, found := strings.CutPrefix(part, "enum="); found {
				one.enum = append(one.enum, value)
			}
		}
		fields = append(fields, one)
	}
	return fields
}

func findField(fields []field, name string) (field, bool) {
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

func names(fields []field) []string {
	list := make([]string, len(fields))
	for i, field := range fields {
		list[i] = field.name
	}
	return list
}

// legalValues lists what types that are enumerations may be in a scenario.
var legalValues = map[reflect.Type][]string{
	reflect.TypeFor[SinkKind]():   texts(SinkKinds),
	reflect.TypeFor[Engagement](): texts(Engagements),
	reflect.TypeFor[Role]():       texts(Roles),
	reflect.TypeFor[Outcome]():    texts(Outcomes),
	reflect.TypeFor[Cause]():      texts(DeclarableCauses()),
	reflect.TypeFor[Figure]():     texts(Figures),
}

// DeclarableCauses lists the causes that a scenario can declare for a broken
// program: all that convict of something.
func DeclarableCauses() []Cause {
	return slices.DeleteFunc(slices.Clone(Causes), func(c Cause) bool { return c == CauseUnknown || c == CauseNone })
}

func texts[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = string(value)
	}
	return list
}

func contains(list []string, text string) bool { return slices.Contains(list, text) }

// examples show a required key in use.
var examples = map[string]string{
	"version": "version: 1", "id": "id: my-export", "sink": "sink: {phases: [{name: slow, for: 10s, rate: 2MiB/s}]}",
	"limits": "limits: {memory: 256MiB}", "variants": "variants: [{name: my-service, image: my-service:latest}]",
	"said": "said: twice the memory solves it", "holds": "holds: false",
	"name": "name: a-word", "cause": "cause: unbounded-buffer", "path": "path: /healthz",
	"bytes": "bytes: 1B", "every": "every: 100ms", "share": "share: 0.5",
	"script": "script: ./node/export.mjs", "metric": "metric: rows_per_second", "of": "of: my-service",
}

// suggest names the legal keys, the likely one first.
func suggest(word string, legal []string) string {
	list := "legal keys: " + strings.Join(legal, ", ")
	if near := nearest(word, legal); near != "" {
		return "did you mean " + near + "? " + list
	}
	return list
}

// suggestValue names the legal values, the likely one first.
func suggestValue(word string, legal []string) string {
	list := "want " + oneOf(legal)
	if near := nearest(word, legal); near != "" {
		return "did you mean " + near + "? " + list
	}
	return list
}

// oneOf lists legal values.
func oneOf(legal []string) string {
	if len(legal) == 1 {
		return legal[0]
	}
	return "one of " + strings.Join(legal, ", ")
}

// nearest finds the legal word that a slip of the finger may have meant: two letters
// differ (as when two change places), or a third of a longer word, or one of a short one.
func nearest(word string, legal []string) string {
	best, distance := "", 1000
	for _, candidate := range legal {
		if d := editDistance(strings.ToLower(word), candidate); d < distance {
			best, distance = candidate, d
		}
	}
	if most := max(2, len(best)/3); distance > most || (len(best) < 4 && distance > 1) || len(best) < 2 {
		return ""
	}
	return best
}

// editDistance counts the insertions, deletions and replacements of bytes that turn
// one word into the other (Levenshtein 1965).
func editDistance(a, b string) int {
	if len(a) > 64 {
		return len(a) // no key is that long
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
