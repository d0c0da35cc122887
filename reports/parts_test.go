package reports

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/analysis"
)

func TestNumbersForPeople(t *testing.T) {
	for got, want := range map[string]string{
		count(0): "0", count(999): "999", count(1000): "1,000", count(-1234567): "-1,234,567",
		size(256 * harness.MiB): "256 MiB", size(4 * harness.GiB): "4 GiB", size(0): "0 B", size(harness.MiB * 31 / 10): "3.10 MiB",
		seconds(0): "0 s", seconds(-0.001): "0 s", seconds(0.351): "0.35 s", seconds(4.4): "4.4 s", seconds(12): "12 s", seconds(75): "75 s",
		seconds(125): "2 min 5 s", seconds(7260): "2 h 1 min", seconds(math.NaN()): "unknown",
		percent(0): "0 %", percent(0.001): "<1 %", percent(0.97): "97 %", percent(ratio(1, 0)): "unknown",
		plural(1, "row"): "1 row", plural(2000, "row"): "2,000 rows",
		shorten("registry/long/name", 8): "…ng/name", shorten("short", 8): "short",
	} {
		assert.Equal(t, want, got)
	}
}

func TestQuantitiesStayOnOneLine(t *testing.T) {
	assert.Equal(t, "at 256\u00a0MiB after 4.4\u00a0s; 97\u00a0% of 3 rows", unbroken("at 256 MiB after 4.4 s; 97 % of 3 rows"))
}

func TestTerminalGetsNoEscapes(t *testing.T) {
	assert.Equal(t, "a \uFFFD[31mb c", printable("a \x1b[31mb\nc"))
	assert.Equal(t, "\uFFFDx", printable("\u202Ex"))
}

func TestMarkdownEscapes(t *testing.T) {
	assert.Equal(t, "a \\| b &lt;img\\> &#64;name \\*x\\*", mdText("a | b <img> @name *x*"))
	assert.Equal(t, "``a`b``", mdCode("a`b"))
	assert.Equal(t, "`` `x` ``", mdCode("`x`"))
}

func TestDownsamplingKeepsExtremes(t *testing.T) {
	var points []xy
	for i := range 10_000 {
		points = append(points, xy{float64(i), math.Sin(float64(i) / 900)})
	}
	points[4321].y, points[7000].y, points[100].y = 50, -50, math.NaN()
	thin := downsample(points, 600)
	assert.LessOrEqual(t, len(thin), 600)
	assert.Greater(t, len(thin), 300)
	assert.Contains(t, thin, xy{4321, 50})
	assert.Contains(t, thin, xy{7000, -50})
	assert.Equal(t, points[0], thin[0])
	assert.Equal(t, points[9999], thin[len(thin)-1])
	gaps := 0
	for i, p := range thin {
		if math.IsNaN(p.y) {
			gaps++
		}
		if i > 0 {
			require.Greater(t, p.x, thin[i-1].x, "out of order")
		}
	}
	assert.Equal(t, 1, gaps, "the gap was closed")
}

func TestTicksAreRoundAndFew(t *testing.T) {
	assert.Equal(t, []float64{0, 64 * mib, 128 * mib, 192 * mib, 256 * mib}, byteTicks(282*mib, 5))
	assert.Equal(t, []float64{0, 2, 4, 6, 8, 10, 12}, timeTicks(12, 8))
	for _, top := range []float64{0.1, 1, 7.3, 60, 1e6} {
		assert.LessOrEqual(t, len(timeTicks(top, 6)), 7, "%g", top)
	}
	assert.Equal(t, []float64{0}, timeTicks(0, 5))
}

func TestLabelsDoNotCoverEachOther(t *testing.T) {
	labels := []label{{x: 0, y: 50, width: 90}, {x: 10, y: 52, width: 90}, {x: 20, y: 99, width: 90}, {x: 500, y: 51, width: 90}}
	spread(labels, 12, 100)
	for i, a := range labels {
		assert.True(t, a.y >= 12 && a.y <= 100)
		for _, b := range labels[:i] {
			if a.overlaps(b) {
				assert.GreaterOrEqual(t, math.Abs(a.y-b.y), lineHeight)
			}
		}
	}
}

func TestSourcesAreFoundByTheEndOfTheirPath(t *testing.T) {
	files := map[string]string{"main.go": "", "queue/queue.go": "", "a/x.go": "", "b/x.go": ""}
	for built, want := range map[string]string{
		"/build/go/broken/main.go": "main.go", "/build/queue/queue.go": "queue/queue.go", "/build/a/x.go": "a/x.go",
		"/build/x.go": "", "/usr/local/go/src/bufio/scan.go": "", "": "",
	} {
		got, found := findSource(files, built)
		assert.Equal(t, want != "", found, built)
		if found {
			assert.Equal(t, want, got)
		}
	}
}

func TestExcerptOfAnotherVersionIsNotShown(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, harness.SourceDir), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, harness.SourceDir, "main.go"), []byte("one\ntwo\nthree\n"), 0o644))
	run := &harness.Recording{Dir: dir}
	_, lines := excerpt(run, harness.Site{File: "/b/main.go", Line: 9}, 6)
	assert.Empty(t, lines)
	_, lines = excerpt(run, harness.Site{File: "/b/main.go", Line: 2}, 6)
	assert.Equal(t, []sourceLine{{1, "one", false}, {2, "two", true}, {3, "three", false}}, lines)
}

func TestFix(t *testing.T) {
	a, b := []string{"a", "b", "c", "d", "e", "f"}, []string{"a", "b", "X", "Y", "d", "e", "f"}
	got := compare("x", "y", a, b)
	require.NotNil(t, got)
	assert.Equal(t, 2, got.Added)
	assert.Equal(t, 1, got.Removed)
	assert.Equal(t, []fixLine{{" ", "a"}, {" ", "b"}, {"-", "c"}, {"+", "X"}, {"+", "Y"}, {" ", "d"}, {" ", "e"}, {"…", ""}}, got.Lines)
	assert.Nil(t, compare("x", "y", a, a), "no difference is no fix")
	assert.Nil(t, compare("x", "y", []string{"a"}, strings.Split(strings.Repeat("b\n", 500), "\n")), "another program is no fix")
}

func FuzzDiffLines(f *testing.F) {
	f.Add("a\nb\nc", "a\nc\nd")
	f.Add("", "x")
	f.Fuzz(func(t *testing.T, x, y string) {
		a, b := strings.Split(x, "\n"), strings.Split(y, "\n")
		a, b = a[:min(len(a), 300)], b[:min(len(b), 300)] // it takes the product of both
		var left, right []string
		for _, line := range diffLines(a, b) {
			if line.Op != "+" {
				left = append(left, line.Text)
			}
			if line.Op != "-" {
				right = append(right, line.Text)
			}
		}
		assert.Equal(t, a, left)
		assert.Equal(t, b, right)
	})
}

// TestGrowthIsTheJudgements holds the profiles that are drawn against those that blame.
func TestGrowthIsTheJudgements(t *testing.T) {
	run := demo(t, t.TempDir()).Scenarios[0].Variants[0].Run
	_, fullest, found := growthProfiles(run)
	require.True(t, found)
	drawn, err := readProfile(run.ProfilePath(fullest))
	require.NoError(t, err)
	_, judged, err := analysis.HeapDiff(run)
	require.NoError(t, err)
	assert.Equal(t, heldBytes(judged), heldBytes(drawn))
}

func TestFlameGraphPassesOverBrokenProfiles(t *testing.T) {
	run := demo(t, t.TempDir()).Scenarios[0].Variants[0].Run
	heaps := heapProfiles(run)
	last := run.ProfilePath(heaps[len(heaps)-1])
	text, err := os.ReadFile(last)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(last, text[:len(text)/2], 0o644))
	view := flame(run)
	assert.Empty(t, view.Missing)
	assert.Equal(t, heaps[len(heaps)-2].Profile, view.Last)
	for _, event := range heaps[1:] {
		require.NoError(t, os.WriteFile(run.ProfilePath(event), []byte("no profile"), 0o644))
	}
	assert.NotEmpty(t, flame(run).Missing)
}

func TestShellWords(t *testing.T) {
	assert.Equal(t, "runs/a-1/profiles/0001.pb.gz", quote("runs/a-1/profiles/0001.pb.gz"))
	assert.Equal(t, `'a b'\''$(x)'`, quote("a b'$(x)"))
}

func TestRepetitionsAreNumbered(t *testing.T) {
	v := func(name string) harness.VariantReport {
		return harness.VariantReport{Variant: harness.Variant{Name: name}}
	}
	assert.Equal(t, []string{"a #1", "b", "a #2"}, labels([]harness.VariantReport{v("a"), v("b"), v("a")}))
}

func TestEveryOutcomeAndCauseHasWords(t *testing.T) {
	for _, outcome := range []harness.Outcome{harness.OutcomeOOMKilled, harness.OutcomeHeapExhausted, harness.OutcomeFrozen, harness.OutcomeLimitExceeded,
		harness.OutcomeCompleted, harness.OutcomeStalled, harness.OutcomeCrashed, harness.OutcomeNeverReady, harness.OutcomeInterrupted} {
		assert.NotEqual(t, "was not judged", fate(harness.Verdict{Outcome: outcome}), outcome)
	}
	for _, cause := range harness.Causes {
		assert.NotEmpty(t, causePhrase[cause], cause)
	}
	for _, needed := range harness.Engagements {
		assert.NotEmpty(t, engagement[needed], needed)
	}
}

// A feed goes to every client: rows that arrive more than once are no loss there.
func TestFateOfRowsThatArriveTwice(t *testing.T) {
	v := harness.Verdict{Outcome: harness.OutcomeCompleted, Cause: harness.CauseNone, PeakBytes: harness.MiB, RowsTaken: 3000, RowsDelivered: 2000, RowsDuplicated: 1500}
	assert.Equal(t, "delivered 2,000 rows in 1 MiB", fate(v))
	v.Cause = harness.CauseLostData
	assert.Equal(t, "delivered 1,500 rows more than once", fate(v))
	v.RowsMissing = 1000
	assert.Equal(t, "lost 1,000 of 3,000 rows and ended as if nothing had happened", fate(v))
}
