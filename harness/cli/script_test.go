package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness/cli"
)

// TestMain lets the test binary be highwater: testscript puts a copy of it into PATH
// under that name, so that scripts start real processes, and so does the peer, which
// highwater finds as its own executable.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"highwater": func() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// TestScript holds the commands to what their users were promised, as typed. Scripts
// named run-* measure real programs; each has the machine for itself.
func TestScript(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	require.NoError(t, err)
	var quick []string
	for _, file := range files {
		if !strings.HasPrefix(filepath.Base(file), "run-") {
			quick = append(quick, file)
			continue
		}
		t.Run("alone", func(t *testing.T) { testscript.Run(t, params(file)) })
	}
	require.NotEmpty(t, quick)
	t.Run("together", func(t *testing.T) { testscript.Run(t, params(quick...)) })
}

func params(files ...string) testscript.Params {
	return testscript.Params{
		Files:               files,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "lines": lines, "json": isJSON, "valid": valid,
		},
	}
}

// setUp keeps scripts off the user's home and off container engines, and lets them
// use Go's caches: a script builds programs.
func setUp(env *testscript.Env) error {
	told, err := exec.Command("go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("ask go for its folders: %w", err)
	}
	var folders map[string]string
	if err := json.Unmarshal(told, &folders); err != nil {
		return err
	}
	for name, value := range folders {
		env.Setenv(name, value)
	}
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache"))
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, ".state"))
	env.Setenv("DOCKER_HOST", "tcp://127.0.0.1:1") // nobody listens there
	env.Setenv("GOTOOLCHAIN", "local")
	env.Values["vars"] = env.Vars
	return nil
}

// exits runs a command and wants an exit code: exits [-interrupt-at=TEXT] CODE COMMAND
// ARGS... With a text the command is interrupted, as by Ctrl-C, once its standard
// error says that.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	text, interrupts := "", false
	if len(args) > 0 {
		if text, interrupts = strings.CutPrefix(args[0], "-interrupt-at="); interrupts {
			args = args[1:]
		}
	}
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits [-interrupt-at=TEXT] CODE COMMAND ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	command := exec.Command(args[1], args[2:]...)
	command.Dir, command.Env = ts.MkAbs("."), ts.Value("vars").([]string)
	command.Env = append(command.Env, "DOCKER_HOST="+ts.Getenv("DOCKER_HOST"))
	command.Stdout, command.Stderr = ts.Stdout(), ts.Stderr()
	if interrupts {
		command.Stderr = &interrupter{to: ts.Stderr(), text: text, command: command}
	}
	err = command.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		ts.Fatalf("%v", err)
	}
	if got := command.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// interrupter passes on what it is given, and interrupts the command when it has seen
// its text.
type interrupter struct {
	to      io.Writer
	text    string
	command *exec.Cmd
	seen    bytes.Buffer
	once    sync.Once
}

func (i *interrupter) Write(text []byte) (int, error) {
	i.seen.Write(text)
	if strings.Contains(i.seen.String(), i.text) {
		i.once.Do(func() { _ = i.command.Process.Signal(syscall.SIGINT) })
	}
	return i.to.Write(text)
}

// lines wants a number of lines that hold a text: lines N FILE TEXT.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: lines N FILE TEXT")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		if strings.Contains(line, args[2]) {
			got++
		}
	}
	if got != want {
		ts.Fatalf("%d lines of %s hold %q, want %d", got, args[1], args[2], want)
	}
}

// isJSON wants one JSON value and nothing else: json FILE.
func isJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: json FILE")
	}
	if text := ts.ReadFile(args[0]); !json.Valid([]byte(text)) {
		ts.Fatalf("%s is not one JSON value:\n%s", args[0], text)
	}
}

// valid holds a JSON file against a JSON Schema: valid SCHEMA FILE.
func valid(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: valid SCHEMA FILE")
	}
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	compiler := jsonschema.NewCompiler()
	ts.Check(compiler.AddResource("schema.json", schema))
	compiled, err := compiler.Compile("schema.json")
	ts.Check(err)
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(args[1])))
	ts.Check(err)
	ts.Check(compiled.Validate(value))
}
