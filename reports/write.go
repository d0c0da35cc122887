package reports

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/highwater-dev/highwater/harness"
)

// Names of the files that [Write] makes.
const (
	HTMLFile     = "report.html"
	MarkdownFile = "report.md"
	JSONFile     = "report.json"
	JUnitFile    = "junit.xml"
)

// Write renders the report into dir, which is made if need be. Each file appears as a
// whole or not at all; paths of runs below dir are written relative to it, so that the
// directory can be moved and shared.
func Write(dir string, report *harness.Report) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	places := renderer{dir: dir}
	for _, file := range []struct {
		name   string
		render func(io.Writer, *harness.Report) error
	}{
		{JSONFile, places.json}, {JUnitFile, places.junit}, {MarkdownFile, places.markdown}, {HTMLFile, places.html},
	} {
		if err := writeFile(filepath.Join(dir, file.name), report, file.render); err != nil {
			return fmt.Errorf("write %s: %w", file.name, err)
		}
	}
	return nil
}

// writeFile renders beside the final name and renames, so that a reader never sees
// half of a file.
func writeFile(path string, report *harness.Report, render func(io.Writer, *harness.Report) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // the first error is the one to tell
		}
	}()
	err = render(file, report)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chmod(file.Name(), 0o644)
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// renderer knows where the rendered file will lie.
type renderer struct {
	dir string // empty: paths stay as they are
}

// runPath is the run's directory as the report names it: relative to the report where
// it lies below it.
func (r renderer) runPath(run *harness.Recording) string {
	if run == nil {
		return ""
	}
	if r.dir == "" {
		return run.Dir
	}
	base, err := filepath.Abs(r.dir)
	if err != nil {
		return run.Dir
	}
	full, err := filepath.Abs(run.Dir)
	if err != nil {
		return run.Dir
	}
	relative, err := filepath.Rel(base, full)
	if err != nil || !filepath.IsLocal(relative) {
		return full
	}
	return filepath.ToSlash(relative)
}
