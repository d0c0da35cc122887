// Package docker holds the Dockerfiles of what highwater builds by itself. None of
// them needs a registry.
package docker

import _ "embed"

// Static puts one static binary into an empty image: the peer, and every go: program.
//
//go:embed static.Dockerfile
var Static []byte

// Node puts a Node.js and the libraries that it loads into an empty image.
//
//go:embed node.Dockerfile
var Node []byte

// Script puts a script's folder on top of an image of Node.js.
//
//go:embed script.Dockerfile
var Script []byte
