package runner

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/highwater-dev/highwater/harness"
)

// maxHead and maxTail bound, in bytes, what is kept of each of stdout.log and
// stderr.log: the beginning, and the end, in which a runtime says why it gave up. What
// lies between is left out, and the file says so.
const (
	maxHead = 768 << 10
	maxTail = 256 << 10
)

// output is where the program's words go.
type output struct{ stdout, stderr, peer, services *cappedFile }

func openOutput(dir string) (*output, error) {
	var o output
	for name, file := range map[string]**cappedFile{
		harness.StdoutFile: &o.stdout, harness.StderrFile: &o.stderr, harness.PeerFile: &o.peer,
		harness.ServicesFile: &o.services,
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
	for _, file := range []*cappedFile{o.stdout, o.stderr, o.peer, o.services} {
		if file != nil {
			failed = append(failed, file.Close())
		}
	}
	return errors.Join(failed...)
}

// cappedFile is a file that takes everything and keeps its beginning and its end: a
// program that floods its log must neither stop nor fill the disk. The beginning is
// written at once; the end lies in memory until the file is closed.
type cappedFile struct {
	mu   sync.Mutex
	file *os.File // nil once closed
	left int      // of the beginning
	tail []byte
	cut  int // bytes left out
}

func createCapped(path string) (*cappedFile, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	return &cappedFile{file: file, left: maxHead}, nil
}

// Write implements io.Writer and never fails, since the program would notice.
func (c *cappedFile) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return len(text), nil
	}
	head := text[:min(len(text), c.left)]
	if len(head) > 0 {
		_, _ = c.file.Write(head)
		c.left -= len(head)
	}
	c.tail = append(c.tail, text[len(head):]...)
	if len(c.tail) > 2*maxTail { // seldom, so that little is copied
		c.cutTail()
	}
	return len(text), nil
}

func (c *cappedFile) cutTail() {
	if over := len(c.tail) - maxTail; over > 0 {
		c.tail = append(c.tail[:0], c.tail[over:]...)
		c.cut += over
	}
}

// Close writes the end and closes the file.
func (c *cappedFile) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return nil
	}
	c.cutTail()
	if c.cut > 0 {
		_, _ = fmt.Fprintf(c.file, "\n... %d bytes were left out here by highwater ...\n", c.cut)
	}
	_, err := c.file.Write(c.tail)
	err = errors.Join(err, c.file.Close())
	c.file, c.tail = nil, nil
	return err
}
