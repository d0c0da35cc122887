package harness

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// ScenarioFile is the name of the file in a scenario's folder.
const ScenarioFile = "scenario.yaml"

// maxScenarioFile is far more than any scenario needs, and little enough that a
// wrong file is refused before it is parsed.
const maxScenarioFile = 64 * KiB

// LoadScenario reads a scenario from its file, or from the folder that holds its
// scenario.yaml, checks it strictly and fills in the defaults. The error is a
// [FileErrors] with all mistakes where the file could be read.
func LoadScenario(path string) (*Scenario, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("load scenario: %w", err)
	}
	if info.IsDir() {
		path = filepath.Join(path, ScenarioFile)
	}
	text, err := readScenario(path)
	if err != nil {
		return nil, fmt.Errorf("load scenario: %w", err)
	}
	return ParseScenario(path, text)
}

// readScenario reads no more than shows that a file is too large, and waits for no pipe.
func readScenario(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file; want a scenario.yaml, or the folder that it is in", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, int64(maxScenarioFile)+1))
}

// ParseScenario does what [LoadScenario] does with a text that was read before. The
// file names the scenario in errors, and its folder is where the programs are looked up.
func ParseScenario(file string, text []byte) (*Scenario, error) {
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return nil, fmt.Errorf("load scenario: %w", err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // some editors begin a file with a mark
	dec := newDecoder(file, text)
	scenario := &Scenario{Dir: dir}
	root, problem := parseYAML(text)
	if problem != nil {
		dec.fail(problem.at, problem.text, problem.remedy)
		return nil, dec.errs
	}
	dec.decodeRoot(root, scenario)
	validate(scenario, dec)
	if len(dec.errs) > 0 {
		return nil, dec.errs.sorted()
	}
	scenario.SetDefaults()
	return scenario, nil
}

// yamlProblem is why a text is not one YAML document.
type yamlProblem struct {
	at           position
	text, remedy string
}

// parseYAML returns the root of the only document. Repeated keys pass: the decoder
// reports them all, the parser would stop at the first.
func parseYAML(text []byte) (root ast.Node, problem *yamlProblem) {
	start := position{1, 1}
	if Bytes(len(text)) > maxScenarioFile {
		return nil, &yamlProblem{start, "the file is too long", "want at most " + maxScenarioFile.String()}
	}
	if line, bad := invalidUTF8(text); bad {
		return nil, &yamlProblem{position{line, 1}, "the line is not valid UTF-8", "save the file as UTF-8"}
	}
	// A mistake in a file must not end highwater, not even where it trips the parser.
	defer func() {
		if cause := recover(); cause != nil {
			root, problem = nil, &yamlProblem{start, fmt.Sprintf("the file cannot be parsed: %v", cause), "want YAML"}
		}
	}()
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxProblem(err)
	}
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType:
		case root == nil:
			root = doc.Body
		default:
			return nil, &yamlProblem{nodePosition(doc.Body), "a second document begins", "want one scenario in a file"}
		}
	}
	if root == nil {
		return nil, &yamlProblem{start, "the file holds no scenario", "want keys such as version, id, sink, limits, variants"}
	}
	return root, nil
}

func syntaxProblem(err error) *yamlProblem {
	var detailed yaml.Error
	if !errors.As(err, &detailed) {
		return &yamlProblem{position{1, 1}, "syntax error: " + err.Error(), "want YAML"}
	}
	at := position{1, 1}
	if tok := detailed.GetToken(); tok != nil && tok.Position != nil {
		at = position{tok.Position.Line, tok.Position.Column}
	}
	return &yamlProblem{at, "syntax error: " + detailed.GetMessage(), "want YAML"}
}

// invalidUTF8 finds the first line, from 1, that is not UTF-8.
func invalidUTF8(text []byte) (line int, bad bool) {
	for i, part := range bytes.Split(text, []byte("\n")) {
		if !utf8.Valid(part) {
			return i + 1, true
		}
	}
	return 0, false
}
