// Package probe reads a live program from outside: what the kernel counts for it
// (cgroup v1 and v2, /proc) and what its runtime tells on a debug port: that of Go, or the
// inspector of Node.js.
//
// Every reader fills a map of registered metric names, in base units. The package
// starts nothing and stores nothing; the cheapest source that tells the truth is
// chosen by the engines. Anonymous memory is what counts, never the page cache: the
// kernel takes page cache back before it kills.
package probe
