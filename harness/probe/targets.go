package probe

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// maxTargets bounds how many descriptors are looked at: each costs a call.
const maxTargets = 20_000

// digits differ between files that are alike: temporary ones, sockets, pipes.
var digits = regexp.MustCompile(`[0-9]+`)

// DescriptorTargets counts what the descriptors of processes point to. Digits are
// replaced by N, so that files which are alike count together. proc is where /proc is.
func DescriptorTargets(proc string, pids ...int) (map[string]int, error) {
	targets := map[string]int{}
	looked := 0
	for _, pid := range pids {
		dir := filepath.Join(proc, strconv.Itoa(pid), "fd")
		names, err := descriptorsIn(dir, maxTargets-looked)
		if err != nil {
			return nil, fmt.Errorf("list descriptors: %w", err)
		}
		looked += len(names)
		for _, name := range names {
			if target, err := os.Readlink(filepath.Join(dir, name)); err == nil { // else it was closed meanwhile
				targets[digits.ReplaceAllString(target, "N")]++
			}
		}
	}
	return targets, nil
}

// descriptorsIn are the numbers in a folder of descriptors, unless they are more than most.
func descriptorsIn(dir string, most int) ([]string, error) {
	open, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer open.Close()
	names, err := open.Readdirnames(most + 1)
	if len(names) > most {
		return nil, fmt.Errorf("more than %d are open", maxTargets)
	}
	if len(names) > 0 {
		err = nil // the end of the folder
	}
	return names, err
}
