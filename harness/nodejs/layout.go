package nodejs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/highwater-dev/highwater/harness"
)

// App is a script with all that it needs, in one folder.
type App struct {
	Dir    string
	Script string // relative to Dir, with slashes
}

const (
	lockFile = "package-lock.json"
	modules  = "node_modules"
	// maxApp bounds what belongs to a script, in bytes: a slip is refused early.
	maxApp = 256 << 20
)

// LayOut finds a script's package, in its folder or above it up to root, and installs what
// the package depends on, for the finder's kind of machine. A script without such
// dependencies stays where it is; a package is copied into cache, once for each state of its
// files, and nothing is written beside it.
func (f Finder) LayOut(ctx context.Context, root, script, cache string) (App, error) {
	dir, err := packageDir(root, filepath.Dir(script))
	if err != nil {
		return App{}, fmt.Errorf("lay out %s: %w", script, err)
	}
	relative, err := filepath.Rel(dir, script)
	if err != nil {
		return App{}, fmt.Errorf("lay out %s: %w", script, err)
	}
	app := App{dir, filepath.ToSlash(relative)}
	depends, err := dependsOnOthers(dir)
	if err != nil {
		return App{}, fmt.Errorf("lay out %s: %w", script, err)
	}
	if depends {
		if app.Dir, err = f.install(ctx, dir, cache); err != nil {
			return App{}, fmt.Errorf("install what %s needs: %w", filepath.Join(dir, harness.PackageFile), err)
		}
	}
	return app, nil
}

// packageDir is the nearest folder with a package.json; without any, the script's own.
func packageDir(root, own string) (string, error) {
	for dir := own; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, harness.PackageFile)); err == nil {
			return dir, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		above := filepath.Dir(dir)
		if within, err := filepath.Rel(root, above); err != nil || !filepath.IsLocal(within) || above == dir {
			return own, nil
		}
	}
}

func dependsOnOthers(dir string) (bool, error) {
	text, err := os.ReadFile(filepath.Join(dir, harness.PackageFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var told struct{ Dependencies, OptionalDependencies map[string]string }
	if err := json.Unmarshal(text, &told); err != nil {
		return false, fmt.Errorf("read %s: %w", harness.PackageFile, err)
	}
	if len(told.Dependencies)+len(told.OptionalDependencies) == 0 {
		return false, nil
	}
	if _, err := os.Stat(filepath.Join(dir, lockFile)); err != nil {
		return false, fmt.Errorf("%s names dependencies, and there is no %s beside it; run npm install once, and keep the file", harness.PackageFile, lockFile)
	}
	return true, nil
}

// installing is held by who runs npm: several runs may want the same.
var installing sync.Mutex

// install copies a package and installs its dependencies in the copy. Scripts of other
// people's packages are not run.
func (f Finder) install(ctx context.Context, dir, cache string) (string, error) {
	installing.Lock()
	defer installing.Unlock()
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("npm comes with Node.js: %w", err)
	}
	sum, err := fingerprint(dir)
	if err != nil {
		return "", err
	}
	to := filepath.Join(cache, f.platform()+"-"+sum)
	if _, err := os.Stat(to); err == nil {
		return to, nil
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(cache, "work-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	if err := copyPackage(dir, work); err != nil {
		return "", err
	}
	system, processor, _ := strings.Cut(f.platform(), "-")
	command := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--os", system, "--cpu", processor)
	command.Dir, command.WaitDelay = work, npmWait
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w\n%s", err, bytes.TrimSpace(output))
	}
	if err := os.Chmod(work, 0o755); err != nil {
		return "", err
	}
	if err := os.Rename(work, to); err != nil {
		if _, there := os.Stat(to); there == nil {
			return to, nil // another run was faster
		}
		return "", err
	}
	return to, nil
}

func copyPackage(dir, to string) error {
	return eachFile(dir, modules, func(path, relative string, mode fs.FileMode) error {
		from, err := os.Open(path)
		if err != nil {
			return err
		}
		defer from.Close()
		return write(filepath.Join(to, relative), from, mode)
	})
}

// fingerprint is that of all files of a package.
func fingerprint(dir string) (string, error) {
	sum := sha256.New()
	err := eachFile(dir, modules, func(path, relative string, mode fs.FileMode) error {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		fmt.Fprintf(sum, "%s\x00%o\x00", filepath.ToSlash(relative), mode)
		_, err = io.Copy(sum, file)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil))[:16], err
}
