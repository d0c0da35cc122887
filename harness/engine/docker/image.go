package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

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
	}
	return "", fmt.Errorf("start program: command %q runs on this machine; use --engine process, or name the image it is in", program.Command)
}

// staticImage puts a static binary into an image FROM scratch. The tag is the
// binary's hash, so that an image is built once.
func (e *Engine) staticImage(ctx context.Context, repository, binary string) (string, error) {
	program, err := os.ReadFile(binary)
	if err != nil {
		return "", fmt.Errorf("build image: %w", err)
	}
	sum := sha256.New()
	sum.Write(docker.Static)
	sum.Write(program)
	tag := hex.EncodeToString(sum.Sum(nil))[:12]
	reference := repository + ":" + tag
	if _, err := e.client.ImageInspect(ctx, reference); err == nil {
		return reference, nil
	}
	archive, err := staticContext(program)
	if err != nil {
		return "", fmt.Errorf("build image: %w", err)
	}
	return e.build(ctx, testcontainers.FromDockerfile{ContextArchive: archive, Repo: repository, Tag: tag})
}

func staticContext(program []byte) (*bytes.Reader, error) {
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for _, file := range []struct {
		name string
		mode int64
		body []byte
	}{{"Dockerfile", 0o644, docker.Static}, {"program", 0o755, program}} {
		if err := writer.WriteHeader(&tar.Header{Name: file.name, Mode: file.mode, Size: int64(len(file.body))}); err != nil {
			return nil, err
		}
		if _, err := writer.Write(file.body); err != nil {
			return nil, err
		}
	}
	return bytes.NewReader(archive.Bytes()), writer.Close()
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
