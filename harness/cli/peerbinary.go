package cli

import (
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// isStatic says whether an executable needs no loader and no libraries.
func isStatic(path string) bool {
	file, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	for _, program := range file.Progs {
		if program.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}

const modulePath = "github.com/highwater-dev/highwater"

// buildPeer builds this module for another platform, from the checkout it was started
// in or from the module cache.
func buildPeer(ctx context.Context, goos, goarch string) (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	output := filepath.Join(base, "highwater", "peer-"+goos+"-"+goarch)
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", output, modulePath)
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	if text, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s\nbuild highwater with CGO_ENABLED=0, or start it in a checkout of %s", err, bytes.TrimSpace(text), modulePath)
	}
	return output, nil
}
