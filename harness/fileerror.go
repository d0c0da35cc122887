package harness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// FileError is one mistake in a file that a person wrote.
type FileError struct {
	File string
	// Line and Column count from 1; the column counts characters.
	Line, Column int
	// Problem says what is wrong, Remedy what would be right (may be empty).
	Problem, Remedy string
}

func (e FileError) Error() string {
	text := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Problem)
	if e.Remedy != "" {
		text += "; " + e.Remedy
	}
	return text
}

// FileErrors are all mistakes of a file in the order of their position, so that a
// person can mend them in one go.
type FileErrors []FileError

// Error joins the mistakes, a line each.
func (e FileErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted puts the mistakes into the order of the file and drops repetitions.
func (e FileErrors) sorted() FileErrors {
	slices.SortStableFunc(e, func(a, b FileError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Problem, b.Problem))
	})
	return slices.Compact(e)
}
