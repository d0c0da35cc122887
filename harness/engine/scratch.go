package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Scratch is a folder that is removed with its run, or by CleanScratch after a
// highwater that could not.
type Scratch struct {
	// Dir is empty at first.
	Dir string

	root string
}

// The folder's root holds the file that says whose it is, and the folder itself.
const (
	scratchPrefix = "highwater-scratch-"
	scratchOwner  = "owner"
)

// NewScratch makes a folder under the one for temporary files.
func NewScratch() (*Scratch, error) {
	root, err := os.MkdirTemp("", scratchPrefix)
	if err != nil {
		return nil, fmt.Errorf("make scratch folder: %w", err)
	}
	s := &Scratch{Dir: filepath.Join(root, "files"), root: root}
	// Others may pass through the root, since a database runs as another user.
	err = errors.Join(os.Chmod(root, 0o711), os.WriteFile(filepath.Join(root, scratchOwner), []byte(Owner()), 0o600), os.Mkdir(s.Dir, 0o700))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make scratch folder: %w", err), s.Remove())
	}
	return s, nil
}

// Remove removes the folder and all in it.
func (s *Scratch) Remove() error { return os.RemoveAll(s.root) }

// CleanScratch removes the folders of highwaters that no longer live, and tells each;
// with all, those of living ones too. Before, each is given to end, which stops what
// still works in it.
func CleanScratch(all bool, tell func(string), end func(dir string) error) error {
	roots, err := filepath.Glob(filepath.Join(os.TempDir(), scratchPrefix+"*"))
	if err != nil {
		return fmt.Errorf("clean scratch folders: %w", err)
	}
	var failed []error
	for _, root := range roots {
		owner, err := os.ReadFile(filepath.Join(root, scratchOwner))
		if err != nil || (!all && OwnerAlive(strings.TrimSpace(string(owner)))) {
			continue // being made just now, or another user's, or in use
		}
		s := &Scratch{Dir: filepath.Join(root, "files"), root: root}
		if err := errors.Join(end(s.Dir), s.Remove()); err != nil {
			failed = append(failed, err)
			continue
		}
		tell("removed folder " + root)
	}
	return errors.Join(failed...)
}
