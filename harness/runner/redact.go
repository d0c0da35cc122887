package runner

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// What looks like a secret: a run directory is made to be shared. The program itself
// is given everything as it was written.
var (
	secretName = regexp.MustCompile(`(?i)(secret|token|pass|pwd|credential|(access|api|account|signing|encryption|master)[_-]?key|private|auth|cookie|session|bearer|dsn|database_url|connection[_-]?string)`)
	urlUser    = regexp.MustCompile(`://[^/@\s]+@`)
)

const redacted = "(redacted)"

// redact hides the values of variables whose names look like secrets.
func redact(env map[string]string) map[string]string {
	shown := maps.Clone(env)
	for name, value := range shown {
		shown[name] = urlUser.ReplaceAllString(value, "://"+redacted+"@")
		if secretName.MatchString(name) {
			shown[name] = redacted
		}
	}
	return shown
}

// LooksSecret says whether a variable is one that a file to be shared must not hold.
func LooksSecret(name, value string) bool {
	return secretName.MatchString(name) || urlUser.MatchString(value)
}

// RedactWords hides secrets in a command line: --token=x, --token x, https://user:x@host.
func RedactWords(words []string) []string {
	shown := slices.Clone(words)
	for i, word := range shown {
		name, _, assigned := strings.Cut(word, "=")
		switch secret := strings.HasPrefix(name, "-") && secretName.MatchString(name); {
		case secret && assigned:
			shown[i] = name + "=" + redacted
		case secret && i+1 < len(shown) && !strings.HasPrefix(words[i+1], "-"):
			shown[i+1] = redacted
		default:
			shown[i] = urlUser.ReplaceAllString(word, "://"+redacted+"@")
		}
	}
	return shown
}
