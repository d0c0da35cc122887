package runner

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/highwater-dev/highwater/harness"
)

// maxOutput bounds each of stdout.log and stderr.log, in bytes. What comes after is
// dropped, and the file says so.
const maxOutput = 1 << 20

// output is where the program's words go.
type output struct{ stdout, stderr, peer *cappedFile }

func openOutput(dir string) (*output, error) {
	var o output
	for name, file := range map[string]**cappedFile{
		harness.StdoutFile: &o.stdout, harness.StderrFile: &o.stderr, harness.PeerFile: &o.peer,
	} {
		created, err := createCapped(filepath.Join(dir, name))
		if err != nil {
			return nil, errors.Join(err, o.Close())
		}
		*file = created
	}
	return &o, nil
}

// Close closes the files.
func (o *output) Close() error {
	var failed []error
	for _, file := range []*cappedFile{o.stdout, o.stderr, o.peer} {
		if file != nil {
			failed = append(failed, file.Close())
		}
	}
	return errors.Join(failed...)
}

// cappedFile is a file that takes everything and keeps the first maxOutput bytes: a
// program that floods its log must neither stop nor fill the disk.
type cappedFile struct {
	mu   sync.Mutex
	file *os.File
	left int
}

func createCapped(path string) (*cappedFile, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	return &cappedFile{file: file, left: maxOutput}, nil
}

// Write implements io.Writer and never fails, since the program would notice.
func (c *cappedFile) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left <= 0 {
		return len(text), nil
	}
	kept := text[:min(len(text), c.left)]
	_, _ = c.file.Write(kept)
	if c.left -= len(kept); c.left == 0 {
		_, _ = c.file.WriteString("\n... cut off here by highwater\n")
	}
	return len(text), nil
}

// Close closes the file.
func (c *cappedFile) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = 0
	return c.file.Close()
}
