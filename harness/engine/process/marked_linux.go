package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/highwater-dev/highwater/harness/engine"
)

// marked are this user's processes that were started with that mark in their
// environment. The marks are random, so no stranger carries one. An ended process has
// no environment any more.
func marked(mark string) []int32 {
	if mark == "" {
		return nil
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	variable := []byte("\x00" + engine.EnvRun + "=" + mark + "\x00")
	var found []int32
	for _, entry := range entries {
		pid, err := strconv.ParseInt(entry.Name(), 10, 32)
		if err != nil || !own(entry) {
			continue
		}
		environment, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "environ"))
		if err == nil && bytes.Contains(append([]byte{0}, environment...), variable) {
			found = append(found, int32(pid))
		}
	}
	return found
}

func own(entry os.DirEntry) bool {
	info, err := entry.Info()
	if err != nil {
		return false
	}
	status, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(status.Uid) == os.Geteuid()
}
