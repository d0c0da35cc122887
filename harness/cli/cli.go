// Package cli is highwater as it is typed: one file a command. What needs both the
// runner and the analysis meets here and nowhere else.
//
// Results go to standard output; progress, warnings and errors to standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/gate"
)

// exitUsage is the exit code of a wrong command line or scenario file; all others are
// the gate's.
const exitUsage = 2

// Main runs one command and returns its exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer acknowledge(ctx, stop, stderr)()
	c := &command{stdout: stdout, stderr: stderr}
	root := c.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return c.exit
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return gate.ExitInterrupted
	}
	tellError(stderr, err)
	return exitCode(err)
}

// acknowledge says at once that an interrupt was heard. The returned function ends
// that; it is called before ctx is ended in order, which is no interrupt.
func acknowledge(ctx context.Context, stop func(), stderr io.Writer) (end func()) {
	ended := make(chan struct{})
	var listening sync.WaitGroup
	listening.Go(func() {
		select {
		case <-ended:
		case <-ctx.Done():
			stop() // from here on Ctrl-C ends highwater at once
			fmt.Fprintln(stderr, "\nending: what was started is cleaned up, what was measured is kept (Ctrl-C again quits at once; highwater clean does the rest then)")
		}
	})
	return func() {
		close(ended)
		listening.Wait()
	}
}

// tellError prints mistakes in a file as compilers do, so that editors find them.
func tellError(stderr io.Writer, err error) {
	var file harness.FileErrors
	if errors.As(err, &file) {
		fmt.Fprintln(stderr, err)
		return
	}
	fmt.Fprintln(stderr, "highwater:", err)
}

// command is what all commands share: where to write, and the exit code of one that
// did its work.
type command struct {
	stdout, stderr io.Writer
	exit           int
}

// usageError is an error of whoever typed the command.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, values ...any) error { return usageError{fmt.Errorf(format, values...)} }

func exitCode(err error) int {
	var usage usageError
	var file harness.FileErrors
	if errors.As(err, &usage) || errors.As(err, &file) {
		return exitUsage
	}
	return gate.ExitBroken
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "highwater",
		Short: "Reproduce streaming memory leaks, measure them from outside, and prove the fix",
		Long: `highwater runs a program between a fast source and a slow sink, under a memory
limit, and says from outside whether it holds more than it should, why, and where.

A scenario holds a broken and a fixed program; the catalog has some, and your own
takes ten lines of YAML. Every run is a directory that can be judged and rendered
again.`,
		Example: `  highwater run ignored-backpressure           a scenario of the catalog
  highwater run ./my-export/scenario.yaml      your own
  highwater report highwater-out/20261123-1/   render again what was measured
  highwater doctor                             what this machine can do`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(of *cobra.Command, err error) error {
		return usagef("%w; see %s --help", err, of.CommandPath())
	})
	root.AddCommand(c.list(), c.run(), c.attach(), c.init(), c.report(), c.diff(), c.soak(), c.doctor(), c.clean(), c.schema(), c.claims(), c.peer())
	strict(root)
	return root
}
