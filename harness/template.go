package harness

import (
	"fmt"
	"slices"
	"strings"
	"text/template/parse"
)

// templateNames are what a template of command, args or env may name: an end of the
// wire as host:port, its two halves for programs that want them apart, the port to
// serve on, and the folder that a service has for itself. Services.name is legal, too.
var templateNames = []string{"Source", "SourceHost", "SourcePort", "Sink", "SinkHost", "SinkPort", "Listen", "Scratch"}

// templateFields lists the fields that a template fills in. Nothing but the
// templateNames is let through: loops and functions have no use here, and could keep
// highwater busy for ever.
func templateFields(text string) ([]string, error) {
	tree := parse.New("template")
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(text, "", "", map[string]*parse.Tree{}); err != nil {
		return nil, fmt.Errorf("parse template: %s", strings.TrimPrefix(err.Error(), "template: "))
	}
	if tree.Root == nil {
		return nil, nil
	}
	var fields []string
	for _, node := range tree.Root.Nodes {
		if node.Type() == parse.NodeText {
			continue
		}
		field, ok := plainField(node)
		if !ok {
			return nil, fmt.Errorf("template %s cannot be filled in", node)
		}
		fields = append(fields, field)
	}
	return fields, nil
}

// plainField recognizes {{.Name}} for the names that there are, and {{.Services.name}}.
func plainField(node parse.Node) (string, bool) {
	action, ok := node.(*parse.ActionNode)
	if !ok || len(action.Pipe.Decl) > 0 || len(action.Pipe.Cmds) != 1 || len(action.Pipe.Cmds[0].Args) != 1 {
		return "", false
	}
	field, ok := action.Pipe.Cmds[0].Args[0].(*parse.FieldNode)
	if ok && len(field.Ident) == 2 && field.Ident[0] == "Services" {
		return strings.Join(field.Ident, "."), true
	}
	if !ok || len(field.Ident) != 1 {
		return "", false
	}
	return field.Ident[0], slices.Contains(templateNames, field.Ident[0])
}
