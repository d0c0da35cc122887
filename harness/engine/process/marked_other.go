//go:build !linux

package process

// marked finds nobody: these systems do not tell another process's environment
// cheaply. Descendants that were seen while their parents lived are known all the same.
func marked(string) []int32 { return nil }
