package nodejs

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Runtime is a Node.js.
type Runtime struct {
	// Binary is its executable on this machine, Libraries are the files that it loads, at
	// the paths where it looks for them, for who puts it into a container.
	Binary    string
	Libraries []string
	// Image has it instead: the program does not run on a system like this one, or in
	// containers, and Why says what there was no binary for.
	Image string
	Why   error
}

// Available says whether there is a Node.js in PATH that will do, or npm, which has one.
func Available(ctx context.Context) bool {
	if _, err := exec.LookPath("npm"); err == nil {
		return true
	}
	_, err := installed(ctx, "")
	return err == nil
}

// Finder looks for versions of Node.js.
type Finder struct {
	// Cache is the folder for what was fetched.
	Cache string
	// GOOS and GOARCH are what the program runs on, Containers whether it does in one: then
	// the official image will do where there is no binary.
	GOOS, GOARCH string
	Containers   bool
}

// usual is the version that is fetched where none is named, and none in PATH will do.
const usual = "22"

// Find returns a Node.js of a version, which may be its first parts, or empty for the one
// in PATH.
func (f Finder) Find(ctx context.Context, version string) (Runtime, error) {
	if f.GOOS != runtime.GOOS {
		return Runtime{Image: image(version)}, nil
	}
	found, err := f.onThisSystem(ctx, version)
	if err != nil && f.Containers && ctx.Err() == nil {
		return Runtime{Image: image(version), Why: err}, nil
	}
	return found, err
}

func (f Finder) onThisSystem(ctx context.Context, version string) (Runtime, error) {
	binary, err := f.binary(ctx, version)
	if err != nil {
		return Runtime{}, fmt.Errorf("find Node.js %s: %w", version, err)
	}
	if !f.Containers {
		return Runtime{Binary: binary}, nil // its libraries are where they are
	}
	libraries, err := libraries(ctx, binary)
	if err != nil {
		return Runtime{}, fmt.Errorf("find libraries of %s: %w", binary, err)
	}
	return Runtime{Binary: binary, Libraries: libraries}, nil
}

// image is the official one of a version.
func image(version string) string {
	if version == "" {
		version = "lts"
	}
	return "node:" + version + "-slim"
}

func (f Finder) binary(ctx context.Context, version string) (string, error) {
	if wanted := parts(version); version != "" && slices.Compare(wanted, oldest[:min(len(wanted), len(oldest))]) < 0 {
		return "", fmt.Errorf("its inspector is too old: want %s or later", oldestName)
	}
	found, missing := installed(ctx, version)
	if missing == nil && f.GOARCH == runtime.GOARCH {
		return found, nil
	}
	version = cmp.Or(version, usual)
	fetching.Lock()
	defer fetching.Unlock()
	if cached := f.cached(version); cached != "" {
		return cached, nil
	}
	fetched, err := f.fetch(ctx, version)
	if err != nil {
		return "", errors.Join(missing, err)
	}
	return fetched, nil
}

// fetching is held by who fetches a version: several runs may want the same.
var fetching sync.Mutex

// npmWait is how long an interrupted npm, or what it started, may hold its output open.
const npmWait = 2 * time.Second

// installed is the node in PATH, if it is of the version.
func installed(ctx context.Context, version string) (string, error) {
	found, err := exec.LookPath("node")
	if err != nil {
		return "", err
	}
	// A script in PATH may stand in front of the binary.
	said, err := exec.CommandContext(ctx, found, "-p", "process.version + ' ' + process.execPath").Output()
	if err != nil {
		return "", err
	}
	told, path, _ := strings.Cut(strings.TrimSpace(string(said)), " ")
	whole := strings.TrimPrefix(told, "v")
	switch {
	case !isOf(whole, version):
		return "", fmt.Errorf("node in PATH is %s", told)
	case slices.Compare(parts(whole), oldest) < 0:
		return "", fmt.Errorf("node in PATH is %s, and its inspector is too old: want %s or later", told, oldestName)
	}
	return path, nil
}

// oldest is the first version that can wait for its inspector and gives out its own modules.
var oldest = []int{20, 16}

const oldestName = "20.16"

// isOf says whether a whole version is the wanted one, or begins with its parts.
func isOf(whole, wanted string) bool {
	return wanted == "" || whole == wanted || strings.HasPrefix(whole, wanted+".")
}

// platform is what npm calls a kind of machine.
func (f Finder) platform() string {
	arch := map[string]string{"amd64": "x64", "386": "x86"}[f.GOARCH]
	if arch == "" {
		arch = f.GOARCH
	}
	return f.GOOS + "-" + arch
}

// dir holds a folder for each version that was fetched.
func (f Finder) dir() string { return filepath.Join(f.Cache, f.platform()) }

// cached is the newest binary of a version that was fetched before; empty without one.
func (f Finder) cached(version string) string {
	entries, err := os.ReadDir(f.dir())
	if err != nil {
		return ""
	}
	entries = slices.DeleteFunc(entries, func(entry fs.DirEntry) bool { return !isOf(entry.Name(), version) })
	if len(entries) == 0 {
		return ""
	}
	newest := slices.MaxFunc(entries, func(a, b fs.DirEntry) int { return slices.Compare(parts(a.Name()), parts(b.Name())) })
	return filepath.Join(f.dir(), newest.Name(), "node")
}

func parts(version string) (numbers []int) {
	for part := range strings.SplitSeq(version, ".") {
		number, _ := strconv.Atoi(part)
		numbers = append(numbers, number)
	}
	return numbers
}

// fetch gets a binary from npm: the packages that the package "node" installs.
func (f Finder) fetch(ctx context.Context, version string) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("it was not fetched before, and npm, which has it, is not in PATH: %w", err)
	}
	if err := os.MkdirAll(f.dir(), 0o700); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(f.Cache, "fetch-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	pack := exec.CommandContext(ctx, npm, "pack", "--json", "--pack-destination", work, "node-"+f.platform()+"@"+version)
	var said bytes.Buffer
	pack.Stderr, pack.Dir, pack.WaitDelay = &said, work, npmWait
	output, err := pack.Output()
	if err != nil {
		return "", fmt.Errorf("fetch it from npm: %w\n%s", err, bytes.TrimSpace(said.Bytes()))
	}
	var packed []struct{ Filename, Version string }
	if err := json.Unmarshal(output, &packed); err != nil || len(packed) == 0 {
		return "", fmt.Errorf("fetch it from npm: it says %q", bytes.TrimSpace(output))
	}
	// The last one is the newest, where several match.
	newest := slices.MaxFunc(packed, func(a, b struct{ Filename, Version string }) int {
		return slices.Compare(parts(a.Version), parts(b.Version))
	})
	unpacked := filepath.Join(work, newest.Version)
	if err := extract(filepath.Join(work, newest.Filename), "package/bin/node", filepath.Join(unpacked, "node")); err != nil {
		return "", err
	}
	to := filepath.Join(f.dir(), newest.Version)
	if err := os.Rename(unpacked, to); err != nil && !errors.Is(err, fs.ErrExist) && f.cached(newest.Version) == "" {
		return "", err
	}
	return filepath.Join(to, "node"), nil
}
