package probe

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// OpenInspector has Node.js open its inspector, by the signal SIGUSR1 that kill sends. Any
// other program would die of it, unless it has a handler: then nothing is sent. proc is
// where /proc is.
func OpenInspector(proc string, pid int, kill func() error) error {
	caught, err := catches(proc, pid, syscall.SIGUSR1)
	if err != nil {
		return fmt.Errorf("open inspector: %w", err)
	}
	if !caught {
		return fmt.Errorf("open inspector: process %d has no handler for SIGUSR1 and would die of it: it is no Node.js (behind an init, such as docker's --init, attach by --pid to node itself)", pid)
	}
	if err := kill(); err != nil {
		return fmt.Errorf("open inspector: %w", err)
	}
	return nil
}

// catches says whether a process has a handler for a signal, which would end it otherwise.
// proc is where /proc is.
func catches(proc string, pid int, signal syscall.Signal) (bool, error) {
	text, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "status"))
	if err != nil {
		return false, fmt.Errorf("read signals of process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(text)) {
		if mask, found := strings.CutPrefix(line, "SigCgt:"); found {
			caught, err := strconv.ParseUint(strings.TrimSpace(mask), 16, 64)
			return caught&(1<<(uint(signal)-1)) != 0, err
		}
	}
	return false, fmt.Errorf("read signals of process %d: none are told", pid)
}
