package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// Limits of what is repeated of a program's standard error.
const (
	lastLines = 5
	lastBytes = 16 << 10
)

// lastWords repeats what a program printed before it ended otherwise than was hoped:
// the reason of a program that does not even start is in no measurement.
func lastWords(w io.Writer, dir string, outcome harness.Outcome) {
	if outcome != harness.OutcomeNeverReady && outcome != harness.OutcomeCrashed {
		return
	}
	path := filepath.Join(dir, harness.StderrFile)
	lines := tail(path)
	if len(lines) == 0 {
		fmt.Fprintln(w, "  it printed nothing on standard error")
		return
	}
	fmt.Fprintf(w, "  it printed last, in %s:\n", path)
	for _, line := range lines {
		fmt.Fprintf(w, "    %s\n", line)
	}
}

// tail is the last lines of a file, as far as it can be read: those from where it says
// why, if there is such a line.
func tail(path string) []string {
	text, err := os.ReadFile(path) // the runner caps it
	if err != nil {
		return nil
	}
	text = text[max(0, len(text)-lastBytes):]
	lines := strings.Split(strings.TrimSpace(printable(string(text))), "\n")
	if len(lines) == 1 && lines[0] == "" {
		return nil
	}
	first := max(0, len(lines)-lastLines)
	for i, line := range lines {
		if saysWhy.MatchString(line) {
			from := i
			if i >= placeLines && place.MatchString(lines[i-placeLines]) {
				from = i - placeLines
			}
			if from < first {
				return lines[from:min(i+lastLines, len(lines))]
			}
		}
	}
	return lines[first:]
}

// Node.js shows the place before it says why: file and line, the line itself, a mark below
// it, and an empty one.
const placeLines = 4

var place = regexp.MustCompile(`^(file://|/).*:\d+$`)

// saysWhy is how runtimes begin their account of a crash; a stack of any length follows.
var saysWhy = regexp.MustCompile(`^(panic: |fatal error: |(Uncaught )?\w*(Error|Exception): |Traceback )`)

// printable drops what could move a terminal's cursor or colour it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r >= ' ' && r != 0x7f && (r < 0x80 || r > 0x9f) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, "?"))
}
