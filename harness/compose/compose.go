// Package compose reads as much of a compose file as tells how one of its services is
// run: image or build folder, command, environment, ports, and memory limit. It is no
// implementation of the format: what it does not know it leaves out, and what depends
// on variables of the shell it reports as unresolved, never looks up.
package compose

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	yaml "github.com/goccy/go-yaml"

	"github.com/highwater-dev/highwater/harness"
)

// Service is one service of a compose file.
type Service struct {
	Image string
	// Build is the folder with the Dockerfile, as the file names it.
	Build   string
	Command []string
	Env     map[string]string
	// Port is the first port inside the container that the file mentions; 0 for none.
	Port   int
	Memory harness.Bytes
	// Notes say what was left out, and why.
	Notes []string
}

// file is the part of the format that is read.
type file struct {
	Services map[string]service `yaml:"services"`
}

type service struct {
	Image       string `yaml:"image"`
	Build       any    `yaml:"build"`
	Command     any    `yaml:"command"`
	Environment any    `yaml:"environment"`
	Ports       []any  `yaml:"ports"`
	Expose      []any  `yaml:"expose"`
	MemLimit    any    `yaml:"mem_limit"`
	Deploy      struct {
		Resources struct {
			Limits struct {
				Memory any `yaml:"memory"`
			} `yaml:"limits"`
		} `yaml:"resources"`
	} `yaml:"deploy"`
	EnvFile any `yaml:"env_file"`
}

// maxFile is far more than any compose file needs.
const maxFile = 1 << 20

// Read reads one service of a file. With no name, the file must have one service alone.
func Read(path, name string) (*Service, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read compose file: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("read compose file: %s is no regular file of at most 1MiB", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read compose file: %w", err)
	}
	return parse(path, name, text)
}

// parse does what Read does with a text. A mistake in a file must not end highwater,
// not even where it trips the parser.
func parse(path, name string, text []byte) (found *Service, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			found, err = nil, fmt.Errorf("read compose file %s: %v", path, cause)
		}
	}()
	var told file
	if err := yaml.Unmarshal(text, &told); err != nil {
		return nil, fmt.Errorf("read compose file %s: %w", path, err)
	}
	names := make([]string, 0, len(told.Services))
	for each := range told.Services {
		names = append(names, each)
	}
	slices.Sort(names)
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	one, known := told.Services[name]
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("read compose file %s: it has no services", path)
	case name == "":
		return nil, fmt.Errorf("read compose file %s: it has several services: name one of %s", path, strings.Join(names, ", "))
	case !known:
		return nil, fmt.Errorf("read compose file %s: it has no service %q: name one of %s", path, name, strings.Join(names, ", "))
	}
	return one.read()
}

func (s service) read() (*Service, error) {
	found := &Service{Env: map[string]string{}}
	found.Image = found.fill("image", s.Image)
	if folder := text(field(s.Build, "context")); folder != "" {
		found.Build = found.fill("build", folder)
	}
	if found.Image == "" && found.Build == "" {
		return nil, errors.Join(errors.New("read compose file: the service names neither an image nor a folder to build that is known without the shell's variables"), errors.Join(notes(found.Notes)...))
	}
	found.readCommand(s.Command)
	found.readEnv(s.Environment)
	if s.EnvFile != nil {
		found.note("env_file is not read: add what the program needs from it")
	}
	found.readPort(s)
	found.readMemory(s)
	return found, nil
}

func notes(lines []string) (all []error) {
	for _, line := range lines {
		all = append(all, errors.New(line))
	}
	return all
}

func (s *Service) note(format string, values ...any) {
	s.Notes = append(s.Notes, fmt.Sprintf(format, values...))
}

// fill puts defaults in the place of variables. What cannot be known becomes empty, and
// a note.
func (s *Service) fill(key, text string) string {
	filled, missing := interpolate(text)
	if missing != "" {
		s.note("%s depends on ${%s} and was left out", key, missing)
		return ""
	}
	return filled
}

// field is a value itself, or a field of it where it is a mapping.
func field(value any, name string) any {
	if mapping, ok := value.(map[string]any); ok {
		return mapping[name]
	}
	return value
}

func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
