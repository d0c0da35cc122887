package harness

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

func isText(value reflect.Value) bool {
	_, ok := value.Addr().Interface().(encoding.TextUnmarshaler)
	return ok
}

func isScalar(kind reflect.Kind) bool {
	switch kind {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint64, reflect.Float64:
		return true
	}
	return false
}

// decodeScalar fills a text, a number, a truth value, or a type that reads itself.
func (d *decoder) decodeScalar(node ast.Node, into reflect.Value, path string, enum []string) {
	if legal, found := legalValues[into.Type()]; found {
		enum = legal
	}
	scalar, ok := node.(ast.ScalarNode)
	if !ok || node.Type() == ast.NullType {
		d.reject(node, path, "found "+describe(node), "want "+wanted(into, enum))
		return
	}
	if err := setScalar(scalar, into); err != nil {
		problem, remedy, split := strings.Cut(err.Error(), ": want ")
		if !split {
			problem, remedy = err.Error(), wanted(into, enum)
		}
		d.reject(node, path, problem, "want "+remedy)
		return
	}
	if text := scalarText(scalar); enum != nil && !contains(enum, text) {
		d.reject(node, path, fmt.Sprintf("%q is not legal", text), suggestValue(text, enum))
	}
}

// setScalar sets a value; an error that names what is wanted says so after ": want ".
func setScalar(node ast.ScalarNode, into reflect.Value) error {
	text := scalarText(node)
	if reader, ok := into.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return reader.UnmarshalText([]byte(text))
	}
	wrong := fmt.Errorf("found %s", describe(node))
	var err error
	switch into.Kind() {
	case reflect.String:
		if !isString(node) {
			return fmt.Errorf("%w: want text, in quotes: %q", wrong, text)
		}
		into.SetString(text)
	case reflect.Bool:
		value, ok := node.(*ast.BoolNode)
		if !ok {
			return wrong
		}
		into.SetBool(value.Value)
	case reflect.Int, reflect.Int64:
		var value int64
		value, err = strconv.ParseInt(text, 10, 64)
		into.SetInt(value)
	case reflect.Uint64:
		var value uint64
		value, err = strconv.ParseUint(text, 10, 64)
		into.SetUint(value)
	case reflect.Float64:
		var value float64
		value, err = strconv.ParseFloat(text, 64)
		into.SetFloat(value)
	}
	if err != nil || (isString(node) && into.Kind() != reflect.String) {
		return wrong
	}
	return nil
}

// wanted describes what a value may be.
func wanted(into reflect.Value, enum []string) string {
	if enum != nil {
		return oneOf(enum)
	}
	switch into.Interface().(type) {
	case Bytes:
		return "a size such as 256MiB"
	case Rate:
		return "a size per second such as 2MiB/s, or unlimited"
	case Duration:
		return "a span of time such as 6s"
	case RowSize:
		return "a size such as 1KiB, or a span such as 400B..1000B"
	}
	switch into.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	case reflect.Uint64:
		return "a whole number, not negative"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	}
	return "text"
}

func isString(node ast.Node) bool {
	switch node.Type() {
	case ast.StringType, ast.LiteralType:
		return true
	}
	return false
}

// scalarText is a scalar as it was written, without quotes.
func scalarText(node ast.ScalarNode) string {
	if literal, ok := node.(*ast.LiteralNode); ok {
		if literal.Value == nil {
			return ""
		}
		return literal.Value.Value
	}
	if tok := node.GetToken(); tok != nil {
		return tok.Value
	}
	return ""
}

// unsupported names what the format leaves out: a file should read the same to
// people and to every tool.
func unsupported(node ast.Node) string {
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return "anchors and aliases are not part of this format"
	case *ast.TagNode:
		return "tags are not part of this format"
	}
	return ""
}

// describe says what a node is, for people.
func describe(node ast.Node) string {
	switch value := node.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.BoolNode:
		return "the truth value " + scalarText(value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number " + node.GetToken().Value
	case ast.ScalarNode:
		return fmt.Sprintf("the text %q", scalarText(value))
	}
	return "something else"
}

// nodePosition is where a node begins. A block mapping begins at its first key: the
// syntax tree would point at the colon.
func nodePosition(node ast.Node) position {
	switch value := node.(type) {
	case *ast.MappingValueNode:
		return nodePosition(value.Key)
	case *ast.MappingNode:
		if !value.IsFlowStyle && len(value.Values) > 0 {
			return nodePosition(value.Values[0])
		}
	}
	if node == nil {
		return position{1, 1}
	}
	return tokenPosition(node.GetToken())
}

func tokenPosition(tok *token.Token) position {
	if tok == nil || tok.Position == nil {
		return position{1, 1}
	}
	return position{tok.Position.Line, tok.Position.Column}
}
