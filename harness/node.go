package harness

import (
	"fmt"
	"regexp"
)

// Node is a script, and the Node.js that runs it. In a scenario it may be written as the
// script alone.
type Node struct {
	// Script is the file that is run. A package.json in its folder, or above it inside the
	// scenario's, is installed with what its lock file names.
	Script string `json:"script"`
	// Version is that of Node.js, whole or its first parts. Empty: the one in PATH, or
	// where that will not do the one that is usual.
	Version NodeVersion `json:"version,omitempty"`
}

func (n *Node) setShort(script string) { n.Script = script }

// PackageFile is what makes a folder a package of Node.js.
const PackageFile = "package.json"

// NodeVersion is a version of Node.js: 22, 22.23 or 22.23.3.
type NodeVersion string

var versionPattern = regexp.MustCompile(`^[0-9]+(\.[0-9]+){0,2}$`)

// UnmarshalText implements encoding.TextUnmarshaler. In a file the version may look like
// a number.
func (v *NodeVersion) UnmarshalText(text []byte) error {
	if !versionPattern.Match(text) {
		return fmt.Errorf("%q is not a version of Node.js: want one such as 22 or 22.23.3", text)
	}
	*v = NodeVersion(text)
	return nil
}
