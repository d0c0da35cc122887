package cli

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness"
)

// loadFlags describe a load that needs no file: slow clients that come to a program, and
// leave it again. attach and run --image share them.
type loadFlags struct {
	url, rate, bound, send string
	clients                int
	span                   time.Duration
}

func (f *loadFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.clients, "clients", usualClients, "how many clients come at once; one whose answer has ended asks again")
	flags.StringVar(&f.rate, "rate", usualRate.String(), "how fast each of them reads")
	flags.DurationVar(&f.span, "for", usualSpan, "how long they read so slowly; then they leave, and the program is watched for another "+goneFor.String())
	flags.StringVar(&f.bound, "bound", "", "how much an innocent program may hold for them (default 1MiB for each client, at least 16MiB)")
	flags.StringVar(&f.send, "send", "", `what each client says first to a tcp:// program; \n, \x00 and the like are understood`)
}

// What such a load is where nothing else is said, in a file that init writes, too.
const (
	usualClients = 20
	usualRate    = harness.Rate(50 * harness.KiB)
	usualSpan    = 10 * time.Second
)

// The phases of such a load.
const (
	phaseSlow = "slow"
	phaseGone = "gone"
	// goneFor is how long a program is watched after its clients have left: far longer
	// than connections take to end, so that what stays is seen.
	goneFor = 4 * time.Second
)

// Where no --bound is given. A process for each client, as PostgreSQL has, takes 1 to 3
// MiB of its own; the analysis leaves room for garbage beyond the bound.
const (
	boundPerClient = harness.MiB
	leastBound     = 16 * harness.MiB
	mostClients    = 10000
)

// scenario makes one from the flags: a sink that comes, no source, and one subject. The
// kind of sink and the path are those of the URL.
func (f *loadFlags) scenario(id string, at *url.URL, variant harness.Variant) (*harness.Scenario, error) {
	if f.clients < 1 || f.clients > mostClients {
		return nil, usagef("--clients %d: want 1 to %d", f.clients, mostClients)
	}
	if f.span < time.Second || f.span > 24*time.Hour {
		return nil, usagef("--for %s: want 1s to 24h: less shows no trend", f.span)
	}
	rate, err := harness.ParseRate(f.rate)
	if err != nil {
		return nil, usagef("--rate: %w", err)
	}
	if rate == 0 {
		return nil, usagef("--rate unlimited: clients that are not slow push nothing back; want a rate such as 50KiB/s")
	}
	bound, err := f.boundOf()
	if err != nil {
		return nil, err
	}
	scenario := &harness.Scenario{
		Version: 1, ID: id, Title: fmt.Sprintf("%d clients at %s each", f.clients, rate),
		Sink: harness.Sink{Kind: harness.SinkHTTPClient, Clients: f.clients, Repeat: true, Path: at.RequestURI(), Phases: []harness.Phase{
			{Name: phaseSlow, For: harness.Duration(f.span), Behaviour: harness.Behaviour{Rate: rate}},
			{Name: phaseGone, For: harness.Duration(goneFor), Leave: true},
		}},
		Bound: bound, Engages: harness.EngagesPressure, Variants: []harness.Variant{variant},
	}
	if err := f.speak(&scenario.Sink, at); err != nil {
		return nil, err
	}
	scenario.SetDefaults()
	return scenario, nil
}

// speak sets what only one of the two kinds of sink has.
func (f *loadFlags) speak(sink *harness.Sink, at *url.URL) error {
	if at.Scheme == "tcp" {
		opening, err := unescape(f.send)
		if err != nil {
			return usagef("--send: %w", err)
		}
		sink.Kind, sink.Path, sink.Opening = harness.SinkTCPClient, "", opening
		return nil
	}
	if f.send != "" {
		return usagef("--send: an http:// program is asked with GET; want a tcp:// URL, or drop it")
	}
	return nil
}

func (f *loadFlags) boundOf() (harness.Bytes, error) {
	if f.bound == "" {
		return max(leastBound, boundPerClient*harness.Bytes(f.clients)), nil
	}
	bound, err := harness.ParseBytes(f.bound)
	if err != nil {
		return 0, usagef("--bound: %w", err)
	}
	if bound == 0 {
		return 0, usagef("--bound 0B: a program that may hold nothing cannot run; want a size such as 16MiB")
	}
	return bound, nil
}

// unescape reads Go's escapes (\n, \x00, \u00e9) and keeps all else as it was typed.
func unescape(text string) (string, error) {
	quoted := `"` + strings.ReplaceAll(strings.ReplaceAll(text, `"`, `\"`), "\n", `\n`) + `"`
	plain, err := strconv.Unquote(quoted)
	if err != nil {
		return "", fmt.Errorf(`%q has an escape that is none: want \n, \r, \t, \\ or \x00`, text)
	}
	if !utf8.ValidString(plain) {
		return "", fmt.Errorf(`%q is not UTF-8, and the way to the clients takes nothing else: bytes from \x80 on have to be part of a letter`, text)
	}
	return plain, nil
}

// parseSize reads the size of a flag, which may be left out.
func parseSize(flag, text string) (harness.Bytes, error) {
	if text == "" {
		return 0, nil
	}
	size, err := harness.ParseBytes(text)
	if err != nil {
		return 0, usagef("%s: %w", flag, err)
	}
	return size, nil
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// variantName makes a legal one of a container's, program's or image's name.
func variantName(name string) string {
	name = strings.Trim(notInName.ReplaceAllString(name, "-"), "-._")
	if name == "" {
		return "subject"
	}
	return name
}
