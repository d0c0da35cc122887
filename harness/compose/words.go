package compose

import (
	"errors"
	"regexp"
	"strings"
)

// variable is $NAME, ${NAME}, or ${NAME:-default} and its relatives; $$ is a dollar.
var variable = regexp.MustCompile(`\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])([^}]*))?\}|\$([A-Za-z_][A-Za-z0-9_]*)`)

// interpolate fills in the defaults of variables. missing is the first variable that has
// none: the shell's own values are not looked at, for they may be secrets.
func interpolate(text string) (filled, missing string) {
	filled = variable.ReplaceAllStringFunc(text, func(found string) string {
		if found == "$$" {
			return "$"
		}
		parts := variable.FindStringSubmatch(found)
		if strings.HasSuffix(parts[2], "-") {
			return parts[3]
		}
		if missing == "" {
			missing = parts[1] + parts[4]
		}
		return ""
	})
	return filled, missing
}

// Words splits a command line as a shell does: at spaces, quotes and backslashes
// observed, nothing else.
func Words(line string) (words []string, err error) {
	var word strings.Builder
	open, quote, escaped := false, rune(0), false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			open, escaped = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			open, quote = true, r
		case quote == 0 && strings.ContainsRune(" \t\n", r):
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if quote != 0 || escaped {
		return nil, errors.New("split command line: a quote or backslash is left open")
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}
