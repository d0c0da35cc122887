package reports

import (
	"bytes"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func renderPage(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, HTML(&out, demo(t, t.TempDir())))
	return out.String()
}

// TestPageAsksForNothing looks at everything in page and flame graphs that a browser
// would fetch.
func TestPageAsksForNothing(t *testing.T) {
	page := renderPage(t)
	fetches := regexp.MustCompile(`(?i)(?:\s(?:src|href|action|poster|srcset)\s*=\s*["']?|url\(["']?|@import\s+["']?)\s*(?:[a-z]+:)?//`)
	loads := regexp.MustCompile(`<(script|link|img|iframe)\b[^>]*\s(src|href)=`)
	assert.Empty(t, fetches.FindAllString(page, -1), "page")
	frames := regexp.MustCompile(`srcdoc="([^"]*)"`).FindAllStringSubmatch(page, -1)
	require.NotEmpty(t, frames)
	for _, frame := range frames {
		text := html.UnescapeString(frame[1])
		assert.True(t, strings.Contains(text, "main.(*queue).Write"), "the guilty function is missing")
		assert.Empty(t, fetches.FindAllString(text, -1), "flame graph")
		assert.Empty(t, loads.FindAllString(text, -1), "flame graph")
	}
	page = regexp.MustCompile(`srcdoc="[^"]*"`).ReplaceAllString(page, "")
	assert.Empty(t, loads.FindAllString(page, -1), "page")
}

func TestPageEscapesWhatProgramsSay(t *testing.T) {
	page := renderPage(t)
	for _, text := range []string{"<script>alert", "<img src=x", "\x1b"} {
		assert.False(t, strings.Contains(page, text), "%q stands in the page", text)
	}
	for _, text := range []string{"&lt;script&gt;alert(1)&lt;/script&gt;", "alert(&#39;stderr&#39;)"} {
		assert.True(t, strings.Contains(page, text), "%q is missing", text)
	}
}

// TestPageIsWellFormed balances the tags. Scripts and styles are taken out, and what
// HTML leaves open is closed.
func TestPageIsWellFormed(t *testing.T) {
	page := regexp.MustCompile(`(?s)<(script|style)>.*?</(script|style)>`).ReplaceAllString(renderPage(t), "")
	page = regexp.MustCompile(`srcdoc="[^"]*"`).ReplaceAllString(page, "")
	page = strings.NewReplacer("<!doctype html>", "", " checked>", ` checked="">`).Replace(page)
	page = regexp.MustCompile(`<(meta|br|input)([^>]*)>`).ReplaceAllString(page, "<$1$2/>")
	decoder := xml.NewDecoder(strings.NewReader(page))
	decoder.Entity = xml.HTMLEntity
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	ids := regexp.MustCompile(`\sid="([^"]+)"`).FindAllStringSubmatch(page, -1)
	seen := map[string]bool{}
	for _, id := range ids {
		assert.False(t, seen[id[1]], "id %s stands twice", id[1])
		seen[id[1]] = true
	}
	for _, link := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		assert.True(t, seen[link[1]], "link to #%s leads nowhere", link[1])
	}
}

func TestPageTellsTheStory(t *testing.T) {
	page := strings.ReplaceAll(renderPage(t), "\u00a0", " ")
	for _, said := range []string{
		"was killed by the kernel at 256 MiB after 4.4 s", "delivered all 600,000 rows in 7 MiB", "lost 412,338 of 600,000 rows",
		"at 4 GiB after 4.8 s", "15 MiB", "unbounded-buffer", "limit 256 MiB", "bound 16 MiB", "3 lines in, 1 line out",
		"Before this scenario can acquit, the sink had to push back", "bytes lay unread for 2 % of the slow phase",
		"go tool pprof -http=: -base",
	} {
		assert.True(t, strings.Contains(page, said), "%q is missing", said)
	}
	assert.True(t, strings.Contains(page, `class="guilty"><i>24</i>`), "the guilty line is not marked")
}

// TestPageStaysSmall: two scenarios of five variants must stay under 3 MB; the demo has
// eleven runs.
func TestPageStaysSmall(t *testing.T) {
	assert.Less(t, len(renderPage(t)), 3<<20)
}
