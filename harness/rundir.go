package harness

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Names of the files of a run directory.
const (
	runFile     = "run.json"
	eventsFile  = "events.jsonl"
	samplesFile = "samples.jsonl"
	ProfilesDir = "profiles"
	// SourceDir holds the program's source. The go command passes over folders whose
	// names begin like this: a report inside a module must not join its packages.
	SourceDir  = "_source"
	StdoutFile = "stdout.log"
	StderrFile = "stderr.log"
	PeerFile   = "peer.log"
	// ServicesFile holds what the scenario's services say, all in one.
	ServicesFile = "services.log"
)

// RunWriter appends to a run directory. Every line goes to the file at once, so that
// the directory is readable after a crash of highwater at any moment. It is safe for
// use by several goroutines.
type RunWriter struct {
	Dir string

	mu      sync.Mutex
	events  *os.File
	samples *os.File
	err     error // the first write error; later writes are dropped
}

// CreateRun makes a run directory, which must not hold a run already, and writes run.json.
func CreateRun(dir string, info RunInfo) (*RunWriter, error) {
	if err := os.MkdirAll(filepath.Join(dir, ProfilesDir), 0o755); err != nil {
		return nil, fmt.Errorf("create run directory: %w", err)
	}
	info.Format = FormatVersion
	text, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode run.json: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, runFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create run directory: %w", err)
	}
	if _, err := file.Write(append(text, '\n')); err != nil {
		return nil, fmt.Errorf("write run.json: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("write run.json: %w", err)
	}
	w := &RunWriter{Dir: dir}
	if w.events, err = appendTo(dir, eventsFile); err != nil {
		return nil, err
	}
	if w.samples, err = appendTo(dir, samplesFile); err != nil {
		return nil, err
	}
	return w, nil
}

func appendTo(dir, name string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return file, nil
}

// Sample appends a sample.
func (w *RunWriter) Sample(sample Sample) { w.appendLine(w.samples, sample) }

// Event appends an event.
func (w *RunWriter) Event(event Event) { w.appendLine(w.events, event) }

func (w *RunWriter) appendLine(file *os.File, value any) {
	line, err := json.Marshal(value)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil && w.err == nil {
		_, err = file.Write(append(line, '\n'))
	}
	w.err = errors.Join(w.err, err)
}

// Profile writes a profile under profiles/. A reader never sees half of one.
func (w *RunWriter) Profile(name string, profile []byte) error {
	path := filepath.Join(w.Dir, ProfilesDir, name)
	if err := os.WriteFile(path+".part", profile, 0o644); err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	return nil
}

// RemoveProfile drops a profile that the ring no longer keeps.
func (w *RunWriter) RemoveProfile(name string) error {
	return os.Remove(filepath.Join(w.Dir, ProfilesDir, name))
}

// Close closes the files and returns the first error of any write.
func (w *RunWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return errors.Join(w.err, w.events.Close(), w.samples.Close())
}

// Recording is a run directory, read.
type Recording struct {
	Dir     string
	Info    RunInfo
	Samples []Sample
	Events  []Event
}

// OpenRun reads a run directory. A last line cut short by a crash is left out; a
// broken line anywhere else is an error.
func OpenRun(dir string) (*Recording, error) {
	text, err := os.ReadFile(filepath.Join(dir, runFile))
	if err != nil {
		return nil, fmt.Errorf("open run: %w", err)
	}
	rec := &Recording{Dir: dir}
	if err := json.Unmarshal(text, &rec.Info); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(dir, runFile), err)
	}
	if rec.Info.Format != FormatVersion {
		return nil, fmt.Errorf("read %s: format %d; this highwater reads format %d", filepath.Join(dir, runFile), rec.Info.Format, FormatVersion)
	}
	if rec.Samples, err = readLines[Sample](filepath.Join(dir, samplesFile)); err != nil {
		return nil, err
	}
	if rec.Events, err = readLines[Event](filepath.Join(dir, eventsFile)); err != nil {
		return nil, err
	}
	return rec, nil
}

func readLines[T any](path string) ([]T, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open run: %w", err)
	}
	defer file.Close()
	var values []T
	reader := bufio.NewReader(file)
	for number := 1; ; number++ {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return values, nil // what stands behind the last newline was cut short
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		var value T
		if err := json.Unmarshal(line, &value); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		values = append(values, value)
	}
}

// FindRuns lists the run directories under dir, dir itself included, in lexical order.
func FindRuns(dir string) ([]string, error) {
	var runs []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && entry.Name() == runFile {
			runs = append(runs, filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find runs: %w", err)
	}
	return runs, nil
}

// First returns the first event of a kind.
func (r *Recording) First(kind EventKind) (Event, bool) {
	for _, event := range r.Events {
		if event.Kind == kind {
			return event, true
		}
	}
	return Event{}, false
}

// LoadStart is the moment, in seconds of the run, at which the load began: the zero
// of charts and of all times in a verdict. Zero where it never began.
func (r *Recording) LoadStart() float64 {
	event, _ := r.First(EventLoad)
	return event.Seconds
}

// Profiles lists the profile events whose file still exists, in order.
func (r *Recording) Profiles() []Event {
	var kept []Event
	for _, event := range r.Events {
		if event.Kind != EventProfile {
			continue
		}
		if _, err := os.Stat(r.ProfilePath(event)); err == nil {
			kept = append(kept, event)
		}
	}
	return kept
}

// ProfilePath is the file of a profile event.
func (r *Recording) ProfilePath(event Event) string {
	return filepath.Join(r.Dir, ProfilesDir, filepath.Base(event.Profile))
}
