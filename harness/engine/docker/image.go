package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/highwater-dev/highwater/docker"
	"github.com/highwater-dev/highwater/harness/engine"
)

// imageOf makes or finds the image of a program, and returns its reference.
func (e *Engine) imageOf(ctx context.Context, program engine.Program) (string, error) {
	switch {
	case program.Image != "":
		return program.Image, nil
	case program.BuildDir != "":
		return e.buildDir(ctx, program.BuildDir)
	case program.Binary != "":
		return e.staticImage(ctx, "highwater-program", program.Binary)
	case program.Node != nil:
		return e.nodeImage(ctx, program.Node)
	}
	return "", fmt.Errorf("start program: command %q runs on this machine; use --engine process, or name the image it is in", program.Command)
}

// staticImage puts a static binary into an image FROM scratch. The tag is the
// binary's hash, so that an image is built once.
func (e *Engine) staticImage(ctx context.Context, repository, binary string) (string, error) {
	return e.buildOnce(ctx, repository, []imageFile{{"Dockerfile", "", docker.Static}, {"program", binary, nil}}, nil)
}

// nodeImage puts a script with all that it needs on top of an image of Node.js, which is
// built FROM scratch of the binary and its libraries unless it has one already.
func (e *Engine) nodeImage(ctx context.Context, node *engine.Node) (string, error) {
	base, err := e.nodeBase(ctx, node)
	if err != nil {
		return "", err
	}
	files := []imageFile{{"Dockerfile", "", docker.Script}}
	for _, file := range node.Files {
		files = append(files, imageFile{"app/" + file, filepath.Join(node.App, filepath.FromSlash(file)), nil})
	}
	return e.buildOnce(ctx, "highwater-script", files, map[string]*string{"BASE": &base})
}

// nodeBase is the image of a Node.js. It is looked at once by each highwater: a hundred
// megabytes are not read for every run.
func (e *Engine) nodeBase(ctx context.Context, node *engine.Node) (string, error) {
	if node.Image != "" {
		return node.Image, nil
	}
	if base, known := e.nodes.Load(node.Binary); known {
		return base.(string), nil
	}
	files := []imageFile{{"Dockerfile", "", docker.Node}, {"root/bin/node", node.Binary, nil}}
	for _, library := range node.Libraries {
		files = append(files, imageFile{"root" + library, library, nil})
	}
	base, err := e.buildOnce(ctx, "highwater-node", files, nil)
	if err == nil {
		e.nodes.Store(node.Binary, base)
	}
	return base, err
}

// imageFile is a file of an image's context: one of this machine's, or a text.
type imageFile struct {
	name, path string
	text       []byte
}

// buildOnce builds an image of some files. The tag is the fingerprint of all that goes in,
// so that an image is built once, also where several runs want it.
func (e *Engine) buildOnce(ctx context.Context, repository string, files []imageFile, arguments map[string]*string) (string, error) {
	e.building.Lock()
	defer e.building.Unlock()
	sum := sha256.New()
	if err := pack(sum, files); err != nil {
		return "", fmt.Errorf("build image: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		fmt.Fprintf(sum, "%s=%s\x00", name, *arguments[name])
	}
	tag := hex.EncodeToString(sum.Sum(nil))[:12]
	reference := repository + ":" + tag
	if _, err := e.client.ImageInspect(ctx, reference); err == nil {
		return reference, nil
	}
	archive, err := packed(files)
	if err != nil {
		return "", fmt.Errorf("build image: %w", err)
	}
	defer archive.Close()
	return e.build(ctx, testcontainers.FromDockerfile{ContextArchive: archive, Repo: repository, Tag: tag, BuildArgs: arguments})
}

// packed is an archive of files, to be read from its beginning: in a file, since a Node.js
// with its libraries is a hundred megabytes; without a name, so that nothing is left of it.
func packed(files []imageFile) (*os.File, error) {
	archive, err := os.CreateTemp("", "highwater-image-*.tar")
	if err != nil {
		return nil, err
	}
	err = os.Remove(archive.Name())
	if err == nil {
		err = pack(archive, files)
	}
	if err == nil {
		_, err = archive.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, archive.Close())
	}
	return archive, nil
}

// pack writes an archive of files.
func pack(to io.Writer, files []imageFile) error {
	writer := tar.NewWriter(to)
	for _, file := range files {
		if err := file.packInto(writer); err != nil {
			return err
		}
	}
	return writer.Close()
}

func (f imageFile) packInto(archive *tar.Writer) error {
	if f.path == "" {
		if err := archive.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.text))}); err != nil {
			return err
		}
		_, err := archive.Write(f.text)
		return err
	}
	body, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer body.Close()
	info, err := body.Stat()
	if err != nil {
		return err
	}
	// The program runs as another user.
	if err := archive.WriteHeader(&tar.Header{Name: f.name, Mode: int64(info.Mode().Perm() | 0o444), Size: info.Size()}); err != nil {
		return err
	}
	_, err = io.Copy(archive, body)
	return err
}

// buildDir builds a user's Dockerfile. The engine's own cache makes repetitions cheap.
func (e *Engine) buildDir(ctx context.Context, dir string) (string, error) {
	sum := sha256.Sum256([]byte(dir))
	tag := hex.EncodeToString(sum[:])[:12]
	return e.build(ctx, testcontainers.FromDockerfile{Context: filepath.Clean(dir), Repo: "highwater-build", Tag: tag})
}

func (e *Engine) build(ctx context.Context, from testcontainers.FromDockerfile) (string, error) {
	var output bytes.Buffer
	from.KeepImage = true
	from.BuildLogWriter = &output
	from.BuildOptionsModifier = func(options *client.ImageBuildOptions) {
		if options.Labels == nil {
			options.Labels = map[string]string{}
		}
		options.Labels[labelImage] = "true"
		options.Remove, options.ForceRemove = true, true
	}
	reference, err := e.provider.BuildImage(ctx, &testcontainers.ContainerRequest{FromDockerfile: from})
	if err != nil {
		return "", fmt.Errorf("build image: %w\n%s", err, bytes.TrimSpace(output.Bytes()))
	}
	return reference, nil
}
