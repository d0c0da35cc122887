package cli

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness"
)

// imageFlags are the flags of run --image, beside those of run.
type imageFlags struct {
	loadFlags
	image, memory, user string
	listen              int
	env                 []string
	writable            bool
}

func (f *imageFlags) add(cmd *cobra.Command) {
	f.loadFlags.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.image, "image", "", "run this image instead of a scenario, with slow clients; see also --url and the flags from --bound on")
	flags.StringVar(&f.url, "url", "", "what clients download from it: a path such as /export, or tcp: for a program that just writes")
	flags.IntVar(&f.listen, "listen", 8080, "the port that it serves on, inside")
	flags.StringVar(&f.memory, "memory", "256MiB", "its memory limit")
	flags.StringArrayVar(&f.env, "env", nil, "a variable, as NAME=VALUE; may be repeated")
	flags.StringVar(&f.user, "user", "", `who it runs as: "0" for root without capabilities (default nobody)`)
	flags.BoolVar(&f.writable, "writable-root", false, "let it write to its own file system")
}

// ofImages are the flags that only make sense with --image.
var ofImages = []string{"url", "listen", "memory", "env", "user", "writable-root", "clients", "rate", "for", "bound", "send"}

// check refuses flags that do not go together.
func (f *imageFlags) check(cmd *cobra.Command, names []string) error {
	if f.image != "" {
		dash := cmd.ArgsLenAtDash()
		if len(names) > 0 && dash != 0 {
			return usagef("run --image %s: scenario %q has no place beside it; a command for the image stands behind --", f.image, names[0])
		}
		return nil
	}
	for _, name := range ofImages {
		if cmd.Flags().Changed(name) {
			return usagef("--%s is for --image; a scenario says it in its file", name)
		}
	}
	if len(names) == 0 {
		return usagef("run what? Name a scenario (highwater list), a file or folder, or an image with --image; usage: %s", cmd.UseLine())
	}
	return nil
}

// plan makes a scenario of the flags. command replaces the image's own.
func (f *imageFlags) plan(command []string) (planned, error) {
	variant, err := f.variant(command)
	if err != nil {
		return planned{}, err
	}
	at, err := f.path()
	if err != nil {
		return planned{}, err
	}
	scenario, err := f.scenario("image", at, variant)
	if err != nil {
		return planned{}, err
	}
	if scenario.Limits.Memory, err = parseSize("--memory", f.memory); err != nil {
		return planned{}, err
	}
	if scenario.Limits.Memory <= scenario.Bound {
		return planned{}, usagef("--memory %s is not more than the bound, %s: want more, or fewer --clients, or a lower --bound", scenario.Limits.Memory, scenario.Bound)
	}
	return planned{scenario: scenario, variants: scenario.Variants}, nil
}

func (f *imageFlags) variant(command []string) (harness.Variant, error) {
	if strings.ContainsAny(f.image, " \t\n") {
		return harness.Variant{}, usagef("--image %q is not the reference of an image: want one such as my-service:latest", f.image)
	}
	if f.listen < 1 || f.listen > 65535 {
		return harness.Variant{}, usagef("--listen %d is not a port: want 1 to 65535", f.listen)
	}
	env := map[string]string{}
	for _, one := range f.env {
		name, value, found := strings.Cut(one, "=")
		if !found || name == "" || strings.HasPrefix(name, "HIGHWATER_") {
			return harness.Variant{}, usagef("--env %q: want NAME=VALUE, and no name that begins with HIGHWATER_", name)
		}
		env[name] = value
	}
	name, _, _ := strings.Cut(path.Base(f.image), "@")
	return harness.Variant{
		Name: variantName(name), Role: harness.RoleSubject, Image: f.image, Command: command, Env: env,
		Listen: f.listen, User: f.user, WritableRoot: f.writable,
	}, nil
}

// path is what clients ask of the image; where it is found is the engine's business.
func (f *imageFlags) path() (*url.URL, error) {
	if f.url == "tcp:" {
		return &url.URL{Scheme: "tcp"}, nil
	}
	at, err := url.Parse(f.url)
	if err != nil || at.Host != "" || !strings.HasPrefix(at.Path, "/") {
		return nil, usagef("--url %q: want a path such as /export (the port is --listen), or tcp:", f.url)
	}
	return at, nil
}

// runImage is run without a file.
func (c *command) runImage(ctx context.Context, flags runFlags, image *imageFlags, command []string) error {
	if flags.engine == "process" {
		return usagef("run --image %s: an image needs containers: want --engine docker", image.image)
	}
	p, err := image.plan(command)
	if err != nil {
		return err
	}
	flags.engine = "docker"
	engines, err := newEngines(flags.engine, []planned{p}, func(text string) { fmt.Fprintln(c.stderr, text) })
	if err != nil {
		return err
	}
	return c.runPlanned(ctx, []planned{p}, engines, flags)
}
