package reports

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/highwater-dev/highwater/harness"
)

// count prints a number with thousands separators.
func count(n int64) string {
	digits, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		digits, sign = digits[1:], "-"
	}
	var text strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			text.WriteByte(',')
		}
		text.WriteRune(digit)
	}
	return sign + text.String()
}

// size prints bytes for people. What is a round number, as limits and bounds are, is
// printed as one: 4 GiB and not 4.00 GiB.
func size(b harness.Bytes) string {
	text := b.Human()
	number, unit, _ := strings.Cut(text, " ")
	if whole, rest, found := strings.Cut(number, "."); found && strings.Trim(rest, "0") == "" {
		number = whole
	}
	return number + " " + unit
}

// seconds prints a span: 0.35 s, 4.4 s, 12 s, 2 min 5 s.
func seconds(s float64) string {
	switch {
	case math.IsNaN(s) || math.IsInf(s, 0):
		return "unknown"
	case s >= 120 && s < 1e9: // beyond, a duration in nanoseconds overflows
		span := time.Duration(math.Round(s)) * time.Second
		if span >= time.Hour {
			return fmt.Sprintf("%s h %d min", count(int64(span/time.Hour)), span%time.Hour/time.Minute)
		}
		return fmt.Sprintf("%d min %d s", span/time.Minute, span%time.Minute/time.Second)
	case s >= 20:
		return fmt.Sprintf("%.0f s", s)
	case s >= 1 || s == 0:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", s), ".0") + " s"
	}
	if text := fmt.Sprintf("%.2f s", s); text != "-0.00 s" {
		return text
	}
	return "0 s"
}

// percent prints a share.
func percent(share float64) string {
	switch {
	case math.IsNaN(share):
		return "unknown"
	case share > 0 && share < 0.005:
		return "<1 %"
	}
	return fmt.Sprintf("%.0f %%", share*100)
}

// ratio is a part of a whole, not a number where there is no whole.
func ratio(part, whole float64) float64 {
	if whole <= 0 {
		return math.NaN()
	}
	return part / whole
}

// plural prints a count with its noun.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// shorten cuts a text to a number of characters, keeping its end: the end of a name
// tells variants apart.
func shorten(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	runes := []rune(text)
	return "…" + string(runes[len(runes)-limit+1:])
}

// say makes a sentence of a text that may begin small and end without a full stop.
func say(text string) string {
	first, width := utf8.DecodeRuneInString(text)
	if text == "" || first == utf8.RuneError {
		return text
	}
	text = unbroken(string(unicode.ToUpper(first)) + text[width:])
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

// quantity is a number and its unit, as the functions above print them.
var quantity = regexp.MustCompile(`([0-9]) (B|[KMGT]iB|MiB/s|s|min|h|%)([^0-9A-Za-z]|$)`)

// unbroken keeps numbers and their units on one line.
func unbroken(text string) string { return quantity.ReplaceAllString(text, "$1\u00a0$2$3") }

// printable makes a text of unknown origin fit for one line of a terminal: no escape
// sequence, no line break survives.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control) || r == utf8.RuneError:
			return '\uFFFD'
		}
		return r
	}, text)
}

// count0 prints a number without separators, as line numbers are written.
func count0(n int64) string { return strconv.FormatInt(n, 10) }

// printableLines is the same for a text of several lines.
func printableLines(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = printable(strings.ReplaceAll(line, "\t", "    "))
	}
	return strings.Join(lines, "\n")
}
