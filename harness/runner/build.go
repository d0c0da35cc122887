package runner

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// debugFile is added to every go: program: it serves /debug/pprof and
// runtime/metrics on a port of its own. It is data here, not part of this package.
//
//go:embed debugport.go.txt
var debugFile []byte

// debugFileName is the name under which it joins the program's main package.
const debugFileName = "zz_highwater_debug.go"

// buildGo builds the main package in dir, with the debug port added by an overlay:
// the program's own code is untouched. The binary is static, so that it runs in an
// empty image. Go's own cache makes repetitions cheap.
func buildGo(ctx context.Context, dir, goos, goarch string) (binary string, err error) {
	if _, err := exec.LookPath("go"); err != nil {
		return "", errors.New("build program: no Go toolchain in PATH; a go: program is built from its source (https://go.dev/dl)")
	}
	cache, err := cacheDir("build")
	if err != nil {
		return "", fmt.Errorf("build program: %w", err)
	}
	name := sha256.Sum256([]byte(dir + "\x00" + goos + "\x00" + goarch))
	work, err := os.MkdirTemp(cache, "work-")
	if err != nil {
		return "", fmt.Errorf("build program: %w", err)
	}
	defer os.RemoveAll(work)
	overlay, err := writeOverlay(work, dir)
	if err != nil {
		return "", fmt.Errorf("build program: %w", err)
	}
	built := filepath.Join(work, "program")
	build := func(more ...string) ([]byte, error) {
		command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-overlay", overlay, "-o", built, ".")
		command.Dir = dir
		command.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch), more...)
		return command.CombinedOutput()
	}
	output, err := build("GOEXPERIMENT=" + withLeakProfile(os.Getenv("GOEXPERIMENT")))
	if err != nil && bytes.Contains(output, []byte("unknown GOEXPERIMENT "+leakProfile)) {
		output, err = build() // an older toolchain has no such profile, a later one may have it anyway
	}
	if err != nil {
		return "", fmt.Errorf("build program in %s: %w\n%s", dir, err, bytes.TrimSpace(output))
	}
	binary = filepath.Join(cache, hex.EncodeToString(name[:])[:16])
	if err := os.Rename(built, binary); err != nil {
		return "", fmt.Errorf("build program: %w", err)
	}
	return binary, nil
}

// leakProfile is the experiment by which Go 1.26 has a profile of leaked goroutines.
const leakProfile = "goroutineleakprofile"

// withLeakProfile adds the experiment to those that the user asked for, unless it is
// among them already, wanted or not.
func withLeakProfile(experiments string) string {
	switch {
	case experiments == "":
		return leakProfile
	case strings.Contains(experiments, leakProfile):
		return experiments
	}
	return experiments + "," + leakProfile
}

// writeOverlay writes the debug file and the map that puts it into dir.
func writeOverlay(work, dir string) (string, error) {
	source := filepath.Join(work, "debugport.go")
	if err := os.WriteFile(source, debugFile, 0o600); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(dir, debugFileName): source}})
	if err != nil {
		return "", err
	}
	path := filepath.Join(work, "overlay.json")
	return path, os.WriteFile(path, text, 0o600)
}

// cacheDir is a private folder for what can be made again.
func cacheDir(name string) (string, error) {
	dir := cachePath(name)
	return dir, os.MkdirAll(dir, 0o700)
}

// cachePath is where that folder is, or would be.
func cachePath(name string) string {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	return filepath.Join(base, "highwater", name)
}
