package harness

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// position is a place in a file, counted from 1.
type position struct{ line, column int }

// decoder fills a value from a syntax tree by the json tags of its type. It goes on
// after a mistake, so that one pass finds them all, and remembers where each key
// stood, so that later checks can point there too. (The YAML library's own decoder
// stops at the first mistake.)
type decoder struct {
	file  string
	lines [][]byte
	errs  FileErrors
	// Keyed by paths such as variants[0].convict.site: where a value and its key
	// stand, and which values could not be read.
	values map[string]position
	keys   map[string]position
	bad    map[string]bool
}

func newDecoder(file string, text []byte) *decoder {
	return &decoder{
		file: file, lines: bytes.Split(text, []byte("\n")),
		values: map[string]position{}, keys: map[string]position{}, bad: map[string]bool{},
	}
}

// fail notes a mistake. A parser's position may lie behind the end of a line or of
// the file; an editor could not jump there, so it is drawn inside.
func (d *decoder) fail(at position, problem, remedy string) {
	at.line = min(max(at.line, 1), len(d.lines))
	at.column = min(max(at.column, 1), utf8.RuneCount(d.lines[at.line-1])+1)
	oneLine := strings.NewReplacer("\r", " ", "\n", " ")
	d.errs = append(d.errs, FileError{d.file, at.line, at.column, oneLine.Replace(problem), oneLine.Replace(remedy)})
}

// failAt notes a mistake in the value at a path that was decoded.
func (d *decoder) failAt(path, problem, remedy string) {
	d.fail(d.where(path), label(path)+problem, remedy)
}

// reject notes that the value at a path could not be read.
func (d *decoder) reject(node ast.Node, path, problem, remedy string) {
	d.bad[path] = true
	d.fail(nodePosition(node), label(path)+problem, remedy)
}

// label begins a message with the path that it is about.
func label(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

// has says whether a key stands in the file and its value could be read.
func (d *decoder) has(path string) bool {
	_, found := d.values[path]
	return found && !d.bad[path]
}

// absent says whether a key does not stand in the file at all.
func (d *decoder) absent(path string) bool {
	_, found := d.values[path]
	return !found
}

// where is the position of the value at a path, or of what is nearest around it.
func (d *decoder) where(path string) position {
	for path != "" {
		if at, found := d.values[path]; found {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return d.values[""]
}

// shortened is a mapping that may be written as the text of its most important key.
type shortened interface{ setShort(text string) }

// decodeRoot decodes a whole document.
func (d *decoder) decodeRoot(root ast.Node, into any) {
	d.decode(root, reflect.ValueOf(into).Elem(), "", nil)
}

// decode fills a value. The enum, where there is one, lists the legal texts.
func (d *decoder) decode(node ast.Node, into reflect.Value, path string, enum []string) {
	d.values[path] = nodePosition(node)
	if problem := unsupported(node); problem != "" {
		d.reject(node, path, problem, "write the value out, in plain YAML")
		return
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if short, can := into.Addr().Interface().(shortened); can && isString(node) {
		short.setShort(scalarText(node.(ast.ScalarNode)))
		return
	}
	if isText(into) || isScalar(into.Kind()) {
		d.decodeScalar(node, into, path, enum)
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		d.decodeStruct(node, into, path)
	case reflect.Map:
		d.decodeMap(node, into, path)
	case reflect.Slice:
		d.decodeSlice(node, into, path)
	default:
		panic("decode: no rule for " + into.Type().String())
	}
}

func (d *decoder) decodeStruct(node ast.Node, into reflect.Value, path string) {
	fields := fieldsOf(into.Type())
	pairs, ok := d.pairs(node, path, "a mapping with keys such as "+strings.Join(names(fields)[:2], ", "))
	if !ok {
		return
	}
	for _, pair := range pairs {
		field, found := findField(fields, pair.name)
		if !found {
			d.fail(pair.at, label(path)+fmt.Sprintf("unknown key %q", pair.name), suggest(pair.name, names(fields)))
			continue
		}
		d.decode(pair.value, into.FieldByIndex(field.index), join(path, pair.name), field.enum)
	}
	for _, field := range fields {
		if field.required && d.absent(join(path, field.name)) {
			d.bad[join(path, field.name)] = true
			d.failAt(path, fmt.Sprintf("key %q is missing", field.name), "add it: "+examples[field.name])
		}
	}
}

func (d *decoder) decodeMap(node ast.Node, into reflect.Value, path string) {
	pairs, ok := d.pairs(node, path, "a mapping")
	if !ok {
		return
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, pair := range pairs {
		value := reflect.New(into.Type().Elem()).Elem()
		d.decode(pair.value, value, join(path, pair.name), nil)
		into.SetMapIndex(reflect.ValueOf(pair.name), value)
	}
}

func (d *decoder) decodeSlice(node ast.Node, into reflect.Value, path string) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		d.reject(node, path, "found "+describe(node), "want a list: [...], or lines that begin with -")
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(sequence.Values), len(sequence.Values)))
	for i, value := range sequence.Values {
		d.decode(value, into.Index(i), fmt.Sprintf("%s[%d]", path, i), nil)
	}
}

// pair is a key and its value.
type pair struct {
	name  string
	at    position
	value ast.Node
}

// pairs reads a mapping; a repeated key is reported and its first value kept.
func (d *decoder) pairs(node ast.Node, path, want string) ([]pair, bool) {
	var values []*ast.MappingValueNode
	switch mapping := node.(type) {
	case *ast.MappingNode:
		values = mapping.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{mapping}
	default:
		d.reject(node, path, "found "+describe(node), "want "+want)
		return nil, false
	}
	var pairs []pair
	for _, value := range values {
		if problem := unsupported(value.Key); problem != "" {
			d.fail(nodePosition(value.Key), label(path)+problem, "write the value out, in plain YAML")
			continue
		}
		key, ok := value.Key.(ast.ScalarNode)
		if !ok {
			d.fail(nodePosition(value.Key), label(path)+"a key is "+describe(value.Key), "want a plain word")
			continue
		}
		name, at := scalarText(key), nodePosition(key)
		if first, repeated := d.keys[join(path, name)]; repeated {
			d.fail(at, label(path)+fmt.Sprintf("key %q stands here a second time", name), fmt.Sprintf("keep this one or the one in line %d", first.line))
			continue
		}
		d.keys[join(path, name)] = at
		pairs = append(pairs, pair{name, at, value.Value})
	}
	return pairs, true
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
