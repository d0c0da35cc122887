package reports

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// maxSourceFile keeps a generated file of megabytes out of a report.
const maxSourceFile = 1 << 20

// sourceLine is one line of a listing.
type sourceLine struct {
	Number int
	Text   string
	Guilty bool
}

// sourceFiles lists the program's sources that the run directory keeps, by their
// slash-separated path below it. A run without copies has none.
func sourceFiles(run *harness.Recording) map[string]string {
	files := make(map[string]string)
	if run == nil {
		return files
	}
	root := filepath.Join(run.Dir, harness.SourceDir)
	_ = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil // what cannot be read is not shown; the profile still names the line
		}
		if relative, err := filepath.Rel(root, name); err == nil {
			files[filepath.ToSlash(relative)] = name
		}
		return nil
	})
	return files
}

// findSource finds the copy of a file that a profile names by the path it was built
// from: the copy that shares the longest tail of path elements, at least the name.
func findSource(files map[string]string, built string) (relative string, found bool) {
	best, ties := 0, 0
	for candidate := range files {
		switch common := commonTail(candidate, filepath.ToSlash(built)); {
		case common > best:
			relative, best, ties = candidate, common, 0
		case common == best:
			ties++
		}
	}
	return relative, best > 0 && ties == 0 // a guess between two files would show the wrong line
}

func commonTail(a, b string) int {
	n := 0
	for a != "" && b != "" && path.Base(a) == path.Base(b) && path.Base(a) != "/" {
		n++
		a, b = parent(a), parent(b)
	}
	return n
}

func parent(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i]
	}
	return ""
}

// readLines reads a source file, tabs as four spaces; nothing where it cannot be read.
func readSource(name string) []string {
	info, err := os.Stat(name)
	if err != nil || info.Size() > maxSourceFile {
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	text = []byte(strings.ToValidUTF8(string(text), "\uFFFD"))
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(text), "\t", "    "), "\n"), "\n")
}

// excerpt is the code around a line, context lines on either side, with the name that
// the listing goes by. Nothing where the run holds no copy of the file.
func excerpt(run *harness.Recording, site harness.Site, context int) (name string, lines []sourceLine) {
	files := sourceFiles(run)
	name, found := findSource(files, site.File)
	if !found || site.Line < 1 {
		return "", nil
	}
	text := readSource(files[name])
	if int(site.Line) > len(text) {
		return "", nil // the copy is not what was built
	}
	first, last := max(1, int(site.Line)-context), min(len(text), int(site.Line)+context)
	for number := first; number <= last; number++ {
		lines = append(lines, sourceLine{Number: number, Text: text[number-1], Guilty: number == int(site.Line)})
	}
	return name, lines
}

// place is a site's file and line, by its path below the copies where there are any.
func place(run *harness.Recording, site harness.Site) string {
	name := site.File
	if relative, found := findSource(sourceFiles(run), site.File); found {
		name = relative
	}
	if name == "" {
		return ""
	}
	return name + ":" + count0(site.Line)
}
