// Package testbin builds the two executables that tests of the engines and of the
// commands start: highwater itself, static, and the actor, a program that does what
// its arguments say (see testdata/actor). Each is built once per test binary.
package testbin

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// dir is where the executables lie until Main has run the tests.
var dir string

// Main runs a package's tests and removes what was built for them. TestMain hands
// its result to os.Exit.
func Main(m *testing.M) int {
	made, err := os.MkdirTemp("", "highwater-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make folder for executables:", err)
		return 1
	}
	dir = made
	defer os.RemoveAll(made)
	return m.Run()
}

var (
	highwater = sync.OnceValues(func() (string, error) { return once("highwater", module()) })
	actor     = sync.OnceValues(func() (string, error) { return once("actor", filepath.Join(here(), "testdata", "actor")) })
)

func once(name, source string) (string, error) {
	path := filepath.Join(dir, name)
	return path, build(path, source)
}

// BuildHighwater puts a static build of this module into a folder, for packages whose
// TestMain is not Main.
func BuildHighwater(t testing.TB, into string) string {
	t.Helper()
	path := filepath.Join(into, "highwater")
	if err := build(path, module()); err != nil {
		t.Fatal(err)
	}
	return path
}

// Highwater returns a static build of this module.
func Highwater(t testing.TB) string { return of(t, highwater) }

// Actor returns a static build of the actor.
func Actor(t testing.TB) string { return of(t, actor) }

func of(t testing.TB, built func() (string, error)) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// here is the folder of this file: tests run where the source is.
func here() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

// module is the folder of the module.
func module() string { return filepath.Join(here(), "..", "..", "..") }

func build(path, source string) error {
	command := exec.Command("go", "build", "-buildvcs=false", "-o", path, ".")
	command.Dir = source
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", filepath.Base(path), err, bytes.TrimSpace(text))
	}
	return nil
}

// Words takes what a program writes, and can be asked for it meanwhile. It is safe for
// use by several goroutines.
type Words struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (w *Words) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(text)
}

// String is all that was written until now.
func (w *Words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// Wait returns once text was written, and ends the test when it never is.
func (w *Words) Wait(t testing.TB, text string) {
	t.Helper()
	Until(t, "it says "+text, func() bool { return strings.Contains(w.String(), text) })
}

// patience is far longer than anything takes; only a test that fails waits so long.
const patience = 90 * time.Second

// Until returns once something holds, and ends the test when it never does.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain until %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
