// Package docker holds the Dockerfiles of what highwater builds by itself. None of
// them needs a registry.
package docker

import _ "embed"

// Static puts one static binary into an empty image: the peer, and every go: program.
//
//go:embed static.Dockerfile
var Static []byte
