package compose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

func (s *Service) readCommand(value any) {
	switch told := value.(type) {
	case string:
		words, err := Words(told)
		if err != nil {
			s.note("command was left out: %v", err)
			return
		}
		s.setCommand(words)
	case []any:
		var words []string
		for _, word := range told {
			words = append(words, text(word))
		}
		s.setCommand(words)
	}
}

func (s *Service) setCommand(words []string) {
	for _, word := range words {
		filled, missing := interpolate(word)
		if missing != "" {
			s.note("command depends on ${%s} and was left out", missing)
			s.Command = nil
			return
		}
		s.Command = append(s.Command, filled)
	}
}

// readEnv takes both forms: a mapping, and a list of NAME=VALUE.
func (s *Service) readEnv(value any) {
	switch told := value.(type) {
	case map[string]any:
		for name, value := range told {
			s.setEnv(name, text(value), value != nil)
		}
	case []any:
		for _, one := range told {
			name, value, found := strings.Cut(text(one), "=")
			s.setEnv(name, value, found)
		}
	}
	slices.Sort(s.Notes)
}

func (s *Service) setEnv(name, value string, given bool) {
	filled, missing := interpolate(value)
	switch {
	case name == "":
	case !given:
		s.note("environment %s is the shell's and was left out", name)
	case missing != "":
		s.note("environment %s depends on ${%s} and was left out", name, missing)
	default:
		s.Env[name] = filled
	}
}

// readPort takes the port inside: the last of "8080:80/tcp", or target of the long form.
func (s *Service) readPort(told service) {
	for _, one := range append(slices.Clone(told.Ports), told.Expose...) {
		word := text(field(one, "target"))
		if filled, missing := interpolate(word); missing == "" {
			word = filled
		}
		word, _, _ = strings.Cut(word[strings.LastIndex(word, ":")+1:], "/")
		if port, err := strconv.Atoi(word); err == nil && port > 0 && port < 65536 {
			s.Port = port
			return
		}
	}
}

// readMemory takes mem_limit or deploy.resources.limits.memory, whose units are binary
// though they are written 256m or 256MB.
func (s *Service) readMemory(told service) {
	for _, value := range []any{told.MemLimit, told.Deploy.Resources.Limits.Memory} {
		word := s.fill("the memory limit", text(value))
		if word == "" {
			continue
		}
		if size, err := memory(word); err == nil {
			s.Memory = size
			return
		}
		s.note("the memory limit %q was not understood", word)
	}
}

func memory(word string) (harness.Bytes, error) {
	lower := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(word)), "b")
	factor := harness.Bytes(1)
	for suffix, unit := range map[string]harness.Bytes{"k": harness.KiB, "m": harness.MiB, "g": harness.GiB} {
		if number, found := strings.CutSuffix(lower, suffix); found {
			lower, factor = number, unit
			break
		}
	}
	number, err := strconv.ParseFloat(lower, 64)
	if err != nil || number <= 0 || number*float64(factor) > 1<<50 {
		return 0, fmt.Errorf("read size %q", word)
	}
	return harness.Bytes(number * float64(factor)), nil
}
