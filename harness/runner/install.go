package runner

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// installGo builds a main package of a published module, path@version, once: a version
// does not change. It is built in a module of its own, since "go install" can neither
// choose the folder nor leave this one's versions alone when it builds for another
// platform. The binary is static, so that it runs in an empty image.
func installGo(ctx context.Context, published, goos, goarch string) (binary string, err error) {
	cache, err := cacheDir("services")
	if err != nil {
		return "", fmt.Errorf("build %s: %w", published, err)
	}
	name := sha256.Sum256([]byte(published + "\x00" + goos + "\x00" + goarch))
	binary = filepath.Join(cache, hex.EncodeToString(name[:])[:16])
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	if _, err := exec.LookPath("go"); err != nil {
		return "", fmt.Errorf("build %s: %w", published, errors.New("no Go toolchain in PATH (https://go.dev/dl)"))
	}
	work, err := os.MkdirTemp(cache, "work-")
	if err != nil {
		return "", fmt.Errorf("build %s: %w", published, err)
	}
	defer os.RemoveAll(work)
	path, _, _ := strings.Cut(published, "@")
	built := filepath.Join(work, "service")
	for _, arguments := range [][]string{
		{"mod", "init", "highwater.service"}, {"get", published}, {"build", "-trimpath", "-o", built, path},
	} {
		command := exec.CommandContext(ctx, "go", arguments...)
		command.Dir = work
		command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOWORK=off", "GOFLAGS=-mod=mod")
		if output, err := command.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: go %s: %w\n%s", published, arguments[0], err, bytes.TrimSpace(output))
		}
	}
	if err := os.Rename(built, binary); err != nil {
		return "", fmt.Errorf("build %s: %w", published, err)
	}
	return binary, nil
}
