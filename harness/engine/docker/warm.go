package docker

import (
	"context"
	"io"
	"path"

	"github.com/moby/moby/client"
)

// warm has the engine read the program's executable, and the libraries that are known,
// right before the start, so that their pages are in the page cache on the engine's account. A container that has to
// page its own executable in is charged for it, and at its limit the kernel then
// evicts and rereads the program's text for half a minute and longer instead of
// killing it: measured 34 s of a Go program at 99 % of its limit, 160 major faults a
// second. Where the executable is not found the run is merely not warmed.
func (i *instance) warm(ctx context.Context) {
	inspected, err := i.engine.client.ContainerInspect(ctx, i.id, client.ContainerInspectOptions{})
	if err != nil || inspected.Container.Path == "" {
		return
	}
	candidates := []string{inspected.Container.Path}
	if !path.IsAbs(inspected.Container.Path) {
		candidates = nil
		for _, dir := range []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"} {
			candidates = append(candidates, path.Join(dir, inspected.Container.Path))
		}
	}
	for _, candidate := range candidates {
		if i.readWhole(ctx, candidate) {
			break
		}
	}
	if i.program.Node != nil {
		for _, library := range i.program.Node.Libraries {
			i.readWhole(ctx, library)
		}
	}
}

// readWhole has the engine read a file of the container, and says whether it is there.
func (i *instance) readWhole(ctx context.Context, file string) bool {
	copied, err := i.engine.client.CopyFromContainer(ctx, i.id, client.CopyFromContainerOptions{SourcePath: file})
	if err != nil {
		return false
	}
	defer copied.Content.Close()
	_, _ = io.Copy(io.Discard, copied.Content) // what was not read was not warmed
	return true
}
