package reports

import (
	"path"
	"sort"

	"github.com/highwater-dev/highwater/harness"
)

// fixLine is one line of the difference between two programs: kept (" "), taken out
// ("-") or put in ("+").
type fixLine struct {
	Op   string
	Text string
}

// fix is what turned the broken program into the fixed one.
type fix struct {
	From, To       string // files
	Lines          []fixLine
	Added, Removed int
}

// Limits of what is still read as a fix: two programs that share little are two
// programs, and comparing long files takes time.
const (
	maxFixFile    = 1500 // lines
	maxFixChanged = 120  // lines
	fixContext    = 2    // lines
)

// findFix compares the file with the guilty line with its twin. Nothing where a run
// keeps no sources, or where more differs than a fix.
func findFix(broken, fixed *harness.Recording, sites []harness.Site) *fix {
	from, to := sourceFiles(broken), sourceFiles(fixed)
	candidates := make([]string, 0, len(from))
	if len(sites) > 0 {
		if name, found := findSource(from, sites[0].File); found {
			candidates = append(candidates, name)
		}
	}
	rest := make([]string, 0, len(from))
	for name := range from {
		rest = append(rest, name)
	}
	sort.Strings(rest)
	for _, name := range append(candidates, rest...) {
		twin, found := twinFile(name, from, to)
		if !found {
			continue
		}
		if result := compare(name, twin, readSource(from[name]), readSource(to[twin])); result != nil {
			return result
		}
	}
	return nil
}

// twinFile is the file of the same path in the other program; where each has a single
// one, that.
func twinFile(name string, from, to map[string]string) (string, bool) {
	if _, found := to[name]; found {
		return name, true
	}
	if len(from) == 1 && len(to) == 1 {
		for twin := range to {
			return twin, true
		}
	}
	var same []string
	for twin := range to {
		if path.Base(twin) == path.Base(name) {
			same = append(same, twin)
		}
	}
	if len(same) == 1 {
		return same[0], true
	}
	return "", false
}

func compare(from, to string, a, b []string) *fix {
	if len(a) == 0 || len(b) == 0 || len(a) > maxFixFile || len(b) > maxFixFile {
		return nil
	}
	all := diffLines(a, b)
	result := &fix{From: from, To: to}
	near := make([]bool, len(all))
	for i, line := range all {
		if line.Op == " " {
			continue
		}
		if line.Op == "+" {
			result.Added++
		} else {
			result.Removed++
		}
		for j := max(0, i-fixContext); j <= min(len(all)-1, i+fixContext); j++ {
			near[j] = true
		}
	}
	if changed := result.Added + result.Removed; changed == 0 || changed > maxFixChanged {
		return nil
	}
	for i, line := range all {
		switch {
		case near[i]:
			result.Lines = append(result.Lines, line)
		case i > 0 && near[i-1]:
			result.Lines = append(result.Lines, fixLine{Op: "…"})
		}
	}
	return result
}

// diffLines is the difference by the longest common subsequence. What is common at
// both ends is taken off first, so that the table stays small.
func diffLines(a, b []string) []fixLine {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	lines := keep(nil, a[:head])
	lines = append(lines, diffMiddle(a[head:len(a)-tail], b[head:len(b)-tail])...)
	return keep(lines, a[len(a)-tail:])
}

func keep(lines []fixLine, texts []string) []fixLine {
	for _, text := range texts {
		lines = append(lines, fixLine{" ", text})
	}
	return lines
}

func diffMiddle(a, b []string) (lines []fixLine) {
	common := make([][]int, len(a)+1) // common[i][j]: of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			lines = append(lines, fixLine{" ", a[i]})
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || common[i+1][j] >= common[i][j+1]):
			lines = append(lines, fixLine{"-", a[i]})
			i++
		default:
			lines = append(lines, fixLine{"+", b[j]})
			j++
		}
	}
	return lines
}
