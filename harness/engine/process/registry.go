package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/highwater-dev/highwater/harness/engine"
)

// started is a process as it is remembered until it has ended: by number and start
// time, so that a stranger who got the number later is left alone.
type started struct {
	Run     string `json:"run"`
	Mark    string `json:"mark"` // HIGHWATER_RUN of it and its descendants
	Pid     int    `json:"pid"`
	Started int64  `json:"started_ms"`
	Owner   string `json:"owner"`
}

// remember writes a process down and returns the file; empty where that is impossible,
// and then a killed highwater leaves a process that Clean does not know.
func remember(run, mark string, pid int) string {
	dir := StateDir()
	if os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	line, err := json.Marshal(started{Run: run, Mark: mark, Pid: pid, Started: engine.StartTime(pid), Owner: engine.Owner()})
	path := filepath.Join(dir, fmt.Sprintf("process-%d.json", pid))
	if err != nil || os.WriteFile(path, line, 0o600) != nil {
		return ""
	}
	return path
}

func forget(record string) {
	if record != "" {
		_ = os.Remove(record)
	}
}

// Clean ends the processes that a highwater which no longer lives has left behind, those
// that outlived the one which was written down, too, and tells each. With all, those of living ones too.
func Clean(all bool, tell func(string)) error {
	records, err := filepath.Glob(filepath.Join(StateDir(), "process-*.json"))
	if err != nil {
		return fmt.Errorf("clean processes: %w", err)
	}
	var failed []error
	for _, path := range records {
		var left started
		text, err := os.ReadFile(path)
		if err != nil || json.Unmarshal(text, &left) != nil {
			forget(path) // cut short by a crash: it cannot be told what it was
			continue
		}
		if !all && engine.OwnerAlive(left.Owner) {
			continue
		}
		if err := left.end(tell); err != nil {
			failed = append(failed, err)
			continue
		}
		forget(path)
	}
	return errors.Join(failed...)
}

// end kills the process, if it is still the one that was written down, and all that
// came of it.
func (s started) end(tell func(string)) error {
	g := &group{mark: s.Mark}
	if s.Pid > 1 && engine.SameProcess(s.Pid, s.Started) {
		g = newGroup(s.Pid, s.Mark)
		g.signalGroup(syscall.SIGSTOP) // nobody leaves it now
	}
	found, left := g.end()
	for _, pid := range found {
		if !slices.Contains(left, pid) {
			tell(fmt.Sprintf("ended process %d of run %s", pid, s.Run))
		}
	}
	var failed []error
	for _, pid := range left {
		failed = append(failed, fmt.Errorf("end process %d of run %s: it was killed and still runs; it may be another user's", pid, s.Run))
	}
	return errors.Join(failed...)
}
