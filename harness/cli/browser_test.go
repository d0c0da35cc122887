package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	testify "github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness/cli"
	"github.com/highwater-dev/highwater/harness/internal/recorded"
	"github.com/highwater-dev/highwater/harness/internal/require"
)

// TestReportInBrowser renders recorded runs and opens the page in a real browser: it
// is drawn, its scripts do not complain, nothing is fetched beside it, and it prints.
func TestReportInBrowser(t *testing.T) {
	require.Need(t, "chromium", func(context.Context) error {
		_, err := chromium()
		return err
	})
	out := t.TempDir()
	var stderr bytes.Buffer
	code := cli.Main([]string{"report", filepath.Join(recorded.Runs(t), "docker", "ignored-backpressure"), "--out", out}, &bytes.Buffer{}, &stderr)
	testify.Zero(t, code, stderr.String())

	var mu sync.Mutex
	var asked []string
	files := http.FileServer(http.Dir(out))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.Path)
		mu.Unlock()
		files.ServeHTTP(w, r)
	}))
	defer server.Close()

	document := browse(t, server.URL+"/report.html", "--dump-dom")
	assert.Contains(t, document, "</svg>")
	assert.Contains(t, document, "was killed by the kernel at 256 MiB")
	assert.Contains(t, document, "q.rows = append(q.rows, bytes.Clone(row))")
	mu.Lock()
	beside := slices.DeleteFunc(slices.Clone(asked), func(path string) bool { return path == "/report.html" || path == "/favicon.ico" })
	mu.Unlock()
	assert.Empty(t, beside, "the page is self-contained")

	pdf := filepath.Join(t.TempDir(), "report.pdf")
	browse(t, server.URL+"/report.html", "--print-to-pdf="+pdf)
	printed, err := os.ReadFile(pdf)
	testify.NoError(t, err)
	assert.True(t, bytes.HasPrefix(printed, []byte("%PDF")))
}

// chromium finds the browser under the names it goes by.
func chromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no chromium, chromium-browser or google-chrome in PATH")
}

// browse opens a page headless and returns what the browser printed. A complaint of
// the page, such as a script's error, fails the test.
func browse(t *testing.T, url string, extra ...string) string {
	t.Helper()
	browser, err := chromium()
	testify.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	arguments := append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--user-data-dir=" + t.TempDir(),
		"--virtual-time-budget=3000", "--enable-logging=stderr",
	}, extra...)
	command := exec.CommandContext(ctx, browser, append(arguments, url)...)
	var complaints strings.Builder
	command.Stderr = &complaints
	document, err := command.Output()
	testify.NoError(t, err, complaints.String())
	for line := range strings.Lines(complaints.String()) {
		assert.NotContains(t, line, ":CONSOLE", "the page complained")
	}
	return string(document)
}
