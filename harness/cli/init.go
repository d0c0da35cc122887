package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/compose"
	"github.com/highwater-dev/highwater/harness/runner"
)

// initFlags are the flags of init.
type initFlags struct{ image, command, compose, service, dir string }

func (c *command) init() *cobra.Command {
	var flags initFlags
	init := &cobra.Command{
		Use:   "init (--image REF | --command LINE | --compose FILE [--service NAME])",
		Short: "Write a commented scenario.yaml for a program of your own",
		Long: `init writes a scenario.yaml in which slow clients download from your program, with
comments that say what to edit. It is valid as it is written.

From a compose file it takes image or build folder, command, environment, the first
port and the memory limit. Values that look like secrets, and those that depend on
the shell, are not copied: a comment stands in their place. A file that exists is
never overwritten.`,
		Example: `  highwater init --image my-service:latest --dir my-export
  highwater init --command './export --all' --dir .
  highwater init --compose compose.yaml --service shop`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.writeScenario(flags) },
	}
	init.Flags().StringVar(&flags.image, "image", "", "reference of an image")
	init.Flags().StringVar(&flags.command, "command", "", "a program of this machine and its arguments, as a shell would split them")
	init.Flags().StringVar(&flags.compose, "compose", "", "a compose file")
	init.Flags().StringVar(&flags.service, "service", "", "a service of the compose file (needed where it has several)")
	init.Flags().StringVar(&flags.dir, "dir", "", "folder for the scenario (default the compose file's, else this one)")
	_ = init.MarkFlagFilename("compose", "yaml", "yml")
	_ = init.MarkFlagDirname("dir")
	return init
}

func (c *command) writeScenario(flags initFlags) error {
	draft, err := flags.draft()
	if err != nil {
		return err
	}
	dir := flags.dir
	if dir == "" {
		dir = filepath.Dir(flags.compose) // of no file: this folder
	}
	file := filepath.Join(dir, harness.ScenarioFile)
	if err := draft.place(dir, filepath.Dir(flags.compose)); err != nil {
		return err
	}
	text, err := draft.text(dir)
	if err != nil {
		return fmt.Errorf("write scenario: %w", err)
	}
	if _, err := harness.ParseScenario(file, text); err != nil {
		return errors.Join(usagef("write %s: what was given makes no valid scenario, and nothing was written:", file), err)
	}
	if err := createNew(file, text); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s is written. Edit what is marked with EDIT, then:\n\n  highwater run %s\n", file, asArgument(dir))
	for _, note := range draft.Notes {
		fmt.Fprintln(c.stderr, "note:", note)
	}
	return nil
}

// createNew writes a file that does not exist yet.
func createNew(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("write scenario: %w", err)
	}
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usagef("write %s: it exists and is not overwritten: name another folder with --dir", file)
	}
	if err != nil {
		return fmt.Errorf("write scenario: %w", err)
	}
	_, err = out.Write(text)
	return errors.Join(err, out.Close())
}

// asArgument makes sure that run takes a folder's name for a path.
func asArgument(dir string) string {
	if strings.ContainsAny(dir, `./\`) {
		return dir
	}
	return "./" + dir
}

// draft is what is known of a program.
type draft struct {
	ID, Name     string
	Image, Build string
	Command      []string
	Env          map[string]string
	Hidden       []string // names of variables that were not copied
	Port         int
	Memory       harness.Bytes
	Notes        []string
}

func (f initFlags) draft() (*draft, error) {
	given := slices.DeleteFunc([]string{f.image, f.command, f.compose}, func(text string) bool { return text == "" })
	if len(given) != 1 {
		return nil, usagef("name one program: --image REF, --command LINE or --compose FILE")
	}
	if f.service != "" && f.compose == "" {
		return nil, usagef("--service %s: want --compose FILE beside it", f.service)
	}
	switch {
	case f.image != "":
		name, _, _ := strings.Cut(path.Base(f.image), "@")
		name, _, _ = strings.Cut(name, ":")
		return newDraft(name, compose.Service{Image: f.image}), nil
	case f.command != "":
		words, err := compose.Words(f.command)
		if err != nil || len(words) == 0 {
			return nil, usagef("--command %q: want a program and its arguments", f.command)
		}
		return newDraft(filepath.Base(words[0]), compose.Service{Command: words}), nil
	}
	service, err := compose.Read(f.compose, f.service)
	if err != nil {
		return nil, usageError{err}
	}
	name := f.service
	if name == "" {
		name = filepath.Base(filepath.Dir(absolute(f.compose)))
	}
	return newDraft(name, *service), nil
}

func absolute(name string) string {
	if found, err := filepath.Abs(name); err == nil {
		return found
	}
	return name
}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// newDraft takes what is known of a program, secrets set aside.
func newDraft(name string, from compose.Service) *draft {
	d := &draft{
		ID: strings.Trim(notInID.ReplaceAllString(strings.ToLower(name), "-"), "-"), Name: variantName(name),
		Image: from.Image, Build: from.Build, Port: from.Port, Memory: from.Memory, Notes: from.Notes, Env: map[string]string{},
	}
	if d.ID == "" {
		d.ID = "mine"
	}
	d.Command = runner.RedactWords(from.Command)
	if !slices.Equal(d.Command, from.Command) {
		d.Notes = append(d.Notes, "a secret in the command was not copied: put one made for tests in its place")
	}
	for name, value := range from.Env {
		switch {
		case runner.LooksSecret(name, value):
			d.Hidden = append(d.Hidden, name)
		case strings.Contains(value, "{{"), strings.HasPrefix(name, "HIGHWATER_"):
			d.Notes = append(d.Notes, "environment "+name+" was left out: highwater would read it as its own")
		default:
			d.Env[name] = value
		}
	}
	slices.Sort(d.Hidden)
	slices.Sort(d.Notes)
	return d
}

// place names the build folder as the scenario's folder sees it.
func (d *draft) place(dir, composeDir string) error {
	if d.Build == "" {
		return nil
	}
	folder := filepath.Join(absolute(composeDir), filepath.FromSlash(d.Build))
	relative, err := filepath.Rel(absolute(dir), folder)
	if err != nil || !filepath.IsLocal(relative) {
		return usagef("the folder to build, %s, is not below that of the scenario: want --dir %s, or a folder between", folder, composeDir)
	}
	d.Build = "./" + filepath.ToSlash(relative)
	return nil
}
