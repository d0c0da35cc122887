package nodejs

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// extract writes one file of a gzipped archive.
func extract(archive, name, to string) error {
	packed, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer packed.Close()
	plain, err := gzip.NewReader(packed)
	if err != nil {
		return fmt.Errorf("read %s: %w", archive, err)
	}
	reader := tar.NewReader(plain)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s: it holds no %s", filepath.Base(archive), name)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", archive, err)
		}
		if header.Name == name {
			return write(to, reader, 0o755)
		}
	}
}

func write(to string, from io.Reader, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	return errors.Join(err, file.Close())
}

// libraries are the files that a binary loads, as the system's own loader says; none on
// systems where no image is made of them.
func libraries(ctx context.Context, binary string) ([]string, error) {
	if runtime.GOOS != "linux" {
		return nil, nil
	}
	said, err := exec.CommandContext(ctx, "ldd", binary).Output()
	if err != nil {
		return nil, fmt.Errorf("ldd: %w", err)
	}
	return loaded(string(said))
}

// loaded reads what ldd says: "name => path (address)", or "path (address)" of the loader
// itself. What the kernel maps has no path.
func loaded(said string) (paths []string, err error) {
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if strings.HasSuffix(line, "not found") {
			return nil, errors.New(line)
		}
		if _, path, found := strings.Cut(line, " => "); found {
			line = path
		}
		path, _, _ := strings.Cut(line, " (")
		if filepath.IsAbs(path) {
			paths = append(paths, path)
		}
	}
	return paths, nil
}

// Files lists what belongs to a script, relative to its folder and with slashes.
func (a App) Files() (list []string, err error) {
	err = eachFile(a.Dir, "", func(_, relative string, _ fs.FileMode) error {
		list = append(list, filepath.ToSlash(relative))
		return nil
	})
	return list, err
}

// eachFile visits the plain files that belong to a script: those in its folder, links to
// files included. What lies in folders named except, in those whose names begin with a dot, and
// in reports of highwater does not; nor does what vanishes meanwhile.
func eachFile(dir, except string, visit func(path, relative string, mode fs.FileMode) error) error {
	size := int64(0)
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry.IsDir() {
			name := entry.Name()
			if path != dir && (name == except || strings.HasPrefix(name, ".") || holdsReport(path)) {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			return nil
		}
		if size += info.Size(); size > maxApp {
			return fmt.Errorf("%s holds more than %d MiB", dir, maxApp>>20)
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if err := visit(path, relative, info.Mode().Perm()); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

// holdsReport says whether highwater wrote a folder, or is writing it.
func holdsReport(dir string) bool {
	runs, err := filepath.Glob(filepath.Join(dir, "runs", "*", "*", "run.json"))
	return err == nil && len(runs) > 0
}
