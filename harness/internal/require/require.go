// Package require says, in a test, what the test needs from its machine: a container
// engine, a browser, a database.
//
// Where something is missing, the test is skipped and its name goes to the file that
// HIGHWATER_UNPROVED names, so that "make test" can end with the list of what was not
// proved. Where the machine promises to have it, by its name in the comma-separated
// list HIGHWATER_REQUIRE, the same test fails: in CI a broken engine must not look
// like a green build. There is no other reason to skip.
package require

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// The two variables that decide what a missing requirement means.
const (
	EnvRequired = "HIGHWATER_REQUIRE"  // names that must be there, comma-separated
	EnvUnproved = "HIGHWATER_UNPROVED" // the file that lists what was skipped
)

// probeTimeout bounds one look.
const probeTimeout = 10 * time.Second

// Need ends the test unless probe finds what is needed. name is what stands in
// HIGHWATER_REQUIRE.
func Need(t testing.TB, name string, probe func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), probeTimeout)
	defer cancel()
	missing := probe(ctx)
	if missing == nil {
		return
	}
	if slices.Contains(strings.Split(os.Getenv(EnvRequired), ","), name) {
		t.Fatalf("%s is required by %s: %v", name, EnvRequired, missing)
	}
	List(t, "needs "+name)
	t.Skipf("needs %s: %v", name, missing)
}

// List adds a line to what was not proved, or not at once.
func List(t testing.TB, line string) {
	t.Helper()
	path := os.Getenv(EnvUnproved)
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = fmt.Fprintf(file, "%s: %s\n", line, t.Name())
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		t.Fatalf("list what was not proved: %v", err)
	}
}

// Program needs an executable, by name in PATH or by path, and returns where it is.
func Program(t testing.TB, name string) string {
	t.Helper()
	var path string
	Need(t, name, func(context.Context) (err error) {
		path, err = exec.LookPath(name)
		return err
	})
	return path
}
