package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

// target is where clients come to.
type target struct {
	*url.URL
	port int
}

// parseTarget reads the URL of a program that runs.
func parseTarget(text string) (target, error) {
	const example = "want one such as http://localhost:8080/export or tcp://localhost:5432"
	if text == "" {
		return target{}, usagef("--url is missing: %s", example)
	}
	at, err := url.Parse(text)
	switch {
	case err != nil:
		return target{}, usagef("--url: %w; %s", err, example)
	case at.Scheme == "https":
		return target{}, usagef("--url %s: the clients speak no TLS; name a port without it, behind what ends TLS", text)
	case at.Scheme != "http" && at.Scheme != "tcp", at.Hostname() == "":
		return target{}, usagef("--url %s: %s", text, example)
	case at.User != nil:
		return target{}, usagef("--url: the clients send no credentials, and reports would show them; name a URL that needs none")
	}
	port := at.Port()
	if port == "" && at.Scheme == "http" {
		port = "80"
	}
	number, err := strconv.Atoi(port)
	if err != nil || number < 1 || number > 65535 {
		return target{}, usagef("--url %s: port %q: want 1 to 65535", text, port)
	}
	at.Host = net.JoinHostPort(at.Hostname(), port)
	return target{at, number}, nil
}

// lookTimeout bounds the one look at a URL before a run.
const lookTimeout = 10 * time.Second

// look asks once, as one client will, and says what is wrong with the URL. What is
// wrong with what was typed is an error of usage.
func (t target) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", t.Host)
	if err != nil {
		return fmt.Errorf("attach to %s: nobody answers there: %w", t, err)
	}
	if err := connection.Close(); err != nil || t.Scheme == "tcp" {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.String(), nil)
	if err != nil {
		return usagef("--url: %w", err)
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("attach to %s: it was asked, and did not begin to answer within %s", t, lookTimeout)
	}
	if err != nil {
		return fmt.Errorf("attach to %s: %w", t, err)
	}
	defer answer.Body.Close()
	return t.judgeAnswer(answer)
}

func (t target) judgeAnswer(answer *http.Response) error {
	switch code := answer.StatusCode; {
	case code == http.StatusOK:
		_, _ = io.CopyN(io.Discard, answer.Body, 4<<10) // a little is read, as by a client that changes its mind
		return nil
	case code >= 300 && code < 400:
		return usagef("--url %s: it answers %s, to %q; name that URL itself", t, answer.Status, answer.Header.Get("Location"))
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusProxyAuthRequired:
		return usagef("--url %s: it answers %s: the clients send no credentials; name a URL that needs none", t, answer.Status)
	case code >= 500:
		return fmt.Errorf("attach to %s: it answers %s: there is nothing to download", t, answer.Status)
	}
	return usagef("--url %s: it answers %s; want a URL that answers 200 with a long body", t, answer.Status)
}

// debugPort is where a program tells of itself, and how.
type debugPort struct {
	address   string // empty: it does not
	inspector bool   // of Node.js
}

// into notes the port in a variant.
func (d debugPort) into(variant *harness.Variant) {
	if d.address == "" {
		return
	}
	_, port, _ := net.SplitHostPort(d.address)
	number, _ := strconv.Atoi(port)
	if d.inspector {
		variant.InspectPort = number
		return
	}
	variant.DebugPort = number
}

const (
	// inspectPort is where Node.js opens its inspector unless it is told otherwise.
	inspectPort = "9229"
	// opensWithin bounds how long it may take to do so, once it was told to.
	opensWithin = 5 * time.Second
)

// debugAddress finds where a program serves /debug/pprof, or has the inspector of Node.js:
// the address that was given, or the port at one of the hosts. One that opens at this
// moment is waited for.
func debugAddress(ctx context.Context, given string, hosts []string, opens bool) (debugPort, error) {
	if given == "" {
		return debugPort{}, nil
	}
	if strings.Contains(given, ":") {
		hosts = []string{given}
	} else if number, err := strconv.Atoi(given); err != nil || number < 1 || number > 65535 {
		return debugPort{}, usagef("--debug-port %q: want a port such as 6060, or a host and port", given)
	}
	until := time.Now()
	if opens {
		until = until.Add(opensWithin)
	}
	for {
		found, err := lookForDebugPort(ctx, given, hosts)
		if err == nil || time.Now().After(until) || ctx.Err() != nil {
			return found, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// signalFor has a program open its inspector. Where one is open already, at the address at
// which it would be looked for, it may be another's, and is not this run's to shut.
func signalFor(ctx context.Context, program attachable, port string, hosts []string) error {
	if found, err := lookForDebugPort(ctx, port, hosts); err == nil {
		return usagef("--inspect: something tells of itself at %s already; if it is this program, drop --inspect and name it: --debug-port %[1]s", found.address)
	}
	return program.OpenInspector(ctx)
}

func lookForDebugPort(ctx context.Context, given string, hosts []string) (debugPort, error) {
	var tried []error
	for _, address := range hosts {
		if !strings.Contains(given, ":") && !strings.Contains(address, ":") {
			address = net.JoinHostPort(address, given)
		}
		err := answers(ctx, address, "/debug/pprof/")
		if err == nil {
			return debugPort{address: address}, nil
		}
		tried = append(tried, err)
		if answers(ctx, address, "/json/version") == nil {
			return debugPort{address, true}, nil
		}
	}
	return debugPort{}, fmt.Errorf("find /debug/pprof, or the inspector of Node.js, at --debug-port %s: %w; import net/http/pprof and serve it, start node with --inspect, or drop the flag: memory is then judged from outside alone", given, errors.Join(tried...))
}

// answers says why an address does not answer a path with 200.
func answers(ctx context.Context, address, path string) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("http://%s%s answers %s", address, path, answer.Status)
	}
	return nil
}
