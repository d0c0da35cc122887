// Highwater reproduces streaming memory leaks on purpose, measures them from outside,
// and proves the fix. See package cli.
package main

import (
	"os"

	"github.com/highwater-dev/highwater/harness/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
