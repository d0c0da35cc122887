// Package nodejs finds the Node.js that a script asks for, and lays the script's folder
// out so that it can run anywhere.
//
// A version is looked for in PATH, then among those fetched before, then at npm, where
// real binaries of each version are packages: no registry of images is needed. Only where
// the program runs on another kind of system than this one, so that nobody here can say
// which libraries the binary loads, or in a container without any of these, the official
// image stands in.
//
// The package starts no program under test, and knows no engine.
package nodejs
