package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

// tally counts verdicts per engine, scenario and variant.
type tally struct{ rows []*tallyRow }

type tallyRow struct {
	engine, scenario, variant string
	declared                  harness.Cause         // what the verdict should be
	convicted                 map[harness.Cause]int // what the verdicts were
	runs, wrong               int
	since, last               string // days
	lastWrong                 string // what the last wrong verdict said
}

const tallyHeader = "engine\tscenario\tvariant\tdeclared\tconvicted\truns\twrong\tbound\tsince\tlast\tlast wrong verdict"

// readTally reads a file of counts; one that does not exist yet is empty.
func readTally(path string) (*tally, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &tally{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read counts: %w", err)
	}
	t := &tally{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		if lines.Text() == tallyHeader || lines.Text() == "" {
			continue
		}
		row, err := parseTallyRow(lines.Text())
		if err != nil {
			return nil, usagef("%s:%d: %w; want the columns %q", path, number, err, tallyHeader)
		}
		t.rows = append(t.rows, row)
	}
	return t, lines.Err()
}

func parseTallyRow(line string) (*tallyRow, error) {
	f := strings.Split(line, "\t")
	if len(f) != strings.Count(tallyHeader, "\t")+1 {
		return nil, fmt.Errorf("%d columns", len(f))
	}
	convicted, errConvicted := parseCounts(f[4])
	runs, errRuns := strconv.Atoi(f[5])
	wrong, errWrong := strconv.Atoi(f[6])
	if err := errors.Join(errConvicted, errRuns, errWrong); err != nil {
		return nil, err
	}
	return &tallyRow{
		engine: f[0], scenario: f[1], variant: f[2], declared: harness.Cause(f[3]), convicted: convicted,
		runs: runs, wrong: wrong, since: f[8], last: f[9], lastWrong: f[10],
	}, nil
}

// parseCounts reads "unbounded-buffer:9 unknown:1".
func parseCounts(text string) (map[harness.Cause]int, error) {
	counts := map[harness.Cause]int{}
	for _, word := range strings.Fields(text) {
		cause, number, _ := strings.Cut(word, ":")
		n, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("%q is no count", word)
		}
		counts[harness.Cause(cause)] = n
	}
	return counts, nil
}

func countsText(counts map[harness.Cause]int) string {
	var words []string
	for _, cause := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%s:%d", cause, counts[cause]))
	}
	return strings.Join(words, " ")
}

// declaredOf is the cause that a variant's verdict should name.
func declaredOf(scenario *harness.Scenario, variant harness.Variant) harness.Cause {
	if variant.Convict != nil && scenario.Expect != harness.Inconclusive {
		return variant.Convict.Cause
	}
	return harness.CauseNone
}

func (t *tally) add(engine string, of *harness.Scenario, one harness.Variant, wrong bool, verdict *harness.Verdict) {
	scenario, variant := of.ID, one.Name
	i := slices.IndexFunc(t.rows, func(r *tallyRow) bool {
		return r.engine == engine && r.scenario == scenario && r.variant == variant
	})
	today := time.Now().Format(time.DateOnly)
	if i < 0 {
		t.rows = append(t.rows, &tallyRow{engine: engine, scenario: scenario, variant: variant, since: today, convicted: map[harness.Cause]int{}})
		i = len(t.rows) - 1
	}
	row := t.rows[i]
	row.declared = declaredOf(of, one)
	row.convicted[verdict.Cause]++
	row.runs++
	row.last = today
	if wrong {
		row.wrong++
		row.lastWrong = string(verdict.Outcome) + ", " + string(verdict.Cause)
		if len(verdict.Sites) > 0 {
			row.lastWrong += " at " + verdict.Sites[0].Function
		}
	}
}

// bound is the rule of three's; with wrong verdicts there is only the share.
func (r *tallyRow) bound() string {
	if r.wrong == 0 {
		return fmt.Sprintf("<%.3f", min(1, 3/float64(r.runs)))
	}
	return fmt.Sprintf("~%.3f", float64(r.wrong)/float64(r.runs))
}

func (t *tally) text() string {
	slices.SortStableFunc(t.rows, func(a, b *tallyRow) int {
		return cmp.Or(cmp.Compare(a.engine, b.engine), cmp.Compare(a.scenario, b.scenario), cmp.Compare(a.variant, b.variant))
	})
	var text strings.Builder
	text.WriteString(tallyHeader + "\n")
	for _, r := range t.rows {
		fmt.Fprintf(&text, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\n", r.engine, r.scenario, r.variant, r.declared, countsText(r.convicted), r.runs, r.wrong, r.bound(), r.since, r.last, r.lastWrong)
	}
	return text.String()
}

// save replaces the file at once, so that a crash loses one run at most.
func (t *tally) save(path string) error {
	if err := os.WriteFile(path+".part", []byte(t.text()), 0o644); err != nil {
		return fmt.Errorf("write counts: %w", err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		return fmt.Errorf("write counts: %w", err)
	}
	return nil
}

// WriteTo prints the counts as a table, and a second one of declared causes against
// those of the verdicts.
func (t *tally) WriteTo(w io.Writer) (int64, error) {
	var aligned bytes.Buffer
	table := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, t.text(), "\n", t.confusion())
	if err := table.Flush(); err != nil {
		return 0, err
	}
	return aligned.WriteTo(w)
}
