package scenarios

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// goMod and goSum make the extracted catalog a module of its own, so that the programs
// build outside of any checkout, with the standard library and the database driver.
// Under their usual names they could not be embedded: go:embed leaves out folders that
// hold a go.mod.
var (
	//go:embed programs.mod
	goMod []byte
	//go:embed programs.sum
	goSum []byte
)

// extract returns the folder of the extracted catalog. It is written once in the life
// of a process at most.
var extract = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = filepath.Join(os.TempDir(), fmt.Sprintf("cache-%d", os.Getuid())) // a user without a home
	}
	return extractTo(filepath.Join(cache, "highwater", "scenarios"))
})

// extractTo copies the catalog into a private folder of parent that is named after the
// contents, unless it is there and whole. The folder appears under its name only when it is
// complete, so that several highwaters may start at once.
func extractTo(parent string) (string, error) {
	contents, err := catalog()
	if err != nil {
		return "", fmt.Errorf("extract scenarios: %w", err)
	}
	target := filepath.Join(parent, hash(contents))
	if whole(target, contents) {
		return target, nil
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", fmt.Errorf("extract scenarios: %w", err)
	}
	part, err := os.MkdirTemp(parent, ".part-")
	if err != nil {
		return "", fmt.Errorf("extract scenarios: %w", err)
	}
	defer os.RemoveAll(part)
	if err := writeAll(part, contents); err != nil {
		return "", fmt.Errorf("extract scenarios: %w", err)
	}
	return target, publish(part, target, contents)
}

// publish moves a complete folder to its name. What stands there already is either
// another process's, and as good, or was damaged, and gives way.
func publish(part, target string, contents []file) error {
	err := os.Rename(part, target)
	if err == nil || whole(target, contents) {
		return nil
	}
	if removed := os.RemoveAll(target); removed != nil {
		return fmt.Errorf("extract scenarios: %w", removed)
	}
	if err = os.Rename(part, target); err != nil && !whole(target, contents) {
		return fmt.Errorf("extract scenarios: %w", err)
	}
	return nil
}

// file is one embedded file; its path has slashes.
type file struct {
	path string
	text []byte
}

// catalog reads the embedded files in lexical order.
func catalog() ([]file, error) {
	contents := []file{{"go.mod", goMod}, {"go.sum", goSum}}
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := files.ReadFile(path)
		contents = append(contents, file{path, text})
		return err
	})
	return contents, err
}

// hash names contents; half of a SHA-256 is enough to tell catalogs apart.
func hash(contents []file) string {
	sum := sha256.New()
	for _, one := range contents {
		fmt.Fprintf(sum, "%s\x00%d\x00%s", one.path, len(one.text), one.text)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// whole says whether a folder holds the contents unchanged: a cache may have been
// cleaned in part, or edited.
func whole(dir string, contents []file) bool {
	for _, one := range contents {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(one.path)))
		if err != nil || string(text) != string(one.text) {
			return false
		}
	}
	return true
}

func writeAll(dir string, contents []file) error {
	var errs []error
	for _, one := range contents {
		path := filepath.Join(dir, filepath.FromSlash(one.path))
		errs = append(errs, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, one.text, 0o644))
	}
	return errors.Join(errs...)
}
