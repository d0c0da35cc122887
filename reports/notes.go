package reports

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// notes are the small print of a run: what happened when, where it ran, what it said.
type notes struct {
	Events   []noteEvent
	Facts    []noteFact
	Stderr   string
	Stdout   string
	Commands []string
	Profiles int
}

type noteEvent struct {
	At   string // seconds since the load began
	Kind string
	Text string
}

type noteFact struct{ Name, Value string }

// tailBytes is how much of a program's output a report shows: its last words.
const tailBytes = 4096

func (r renderer) notes(v *harness.VariantReport) *notes {
	if v.Run == nil {
		return nil
	}
	heaps := heapProfiles(v.Run)
	n := &notes{Facts: facts(v.Run), Profiles: len(v.Run.Profiles()),
		Stderr: tail(filepath.Join(v.Run.Dir, harness.StderrFile)), Stdout: tail(filepath.Join(v.Run.Dir, harness.StdoutFile))}
	start := v.Run.LoadStart()
	for _, event := range v.Run.Events {
		n.Events = append(n.Events, noteEvent{At: fmt.Sprintf("%+.2f s", event.Seconds-start), Kind: string(event.Kind), Text: eventText(event)})
	}
	if len(heaps) > 0 {
		n.Commands = r.pprofCommands(v.Run, heaps)
	}
	return n
}

// pprofCommands show what grew between the first heap profile and the fullest.
func (r renderer) pprofCommands(run *harness.Recording, heaps []harness.Event) []string {
	file := func(event harness.Event) string {
		return quote(path.Join(r.runPath(run), harness.ProfilesDir, path.Base(event.Profile)))
	}
	first, fullest, found := growthProfiles(run)
	if !found {
		return []string{"go tool pprof -http=: " + file(heaps[len(heaps)-1])}
	}
	both := "-base " + file(first) + " " + file(fullest)
	return []string{"go tool pprof -http=: " + both, "go tool pprof -top -cum " + both}
}

// quote makes a path one word of a shell.
func quote(name string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:@", r)
	}
	if name != "" && strings.IndexFunc(name, func(r rune) bool { return !plain(r) }) < 0 {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

func facts(run *harness.Recording) (list []noteFact) {
	for name, value := range run.Info.Facts {
		list = append(list, noteFact{name, value})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return append([]noteFact{{"engine", run.Info.Engine}, {"run", run.Info.ID}, {"started", run.Info.Started.UTC().Format("2006-01-02 15:04:05 UTC")}}, list...)
}

func eventText(event harness.Event) string {
	var parts []string
	if event.Phase != "" {
		parts = append(parts, "phase "+event.Phase)
	}
	if event.Profile != "" {
		parts = append(parts, strings.TrimSpace(event.ProfileKind+" "+event.Profile))
	}
	if exit := event.Exit; exit != nil {
		parts = append(parts, exitText(*exit))
	}
	if event.Targets != nil {
		parts = append(parts, plural(int64(len(event.Targets)), "target"))
	}
	if event.Text != "" {
		parts = append(parts, event.Text)
	}
	for _, metric := range sortedMetrics(event.Values) {
		parts = append(parts, fmt.Sprintf("%s %s", metric, metricText(metric, event.Values[metric])))
	}
	return strings.Join(parts, "; ")
}

func exitText(exit harness.Exit) string {
	text := fmt.Sprintf("code %d", exit.Code)
	switch {
	case exit.By == harness.ByNobody:
		return "it runs on: it was only watched"
	case exit.Signal != "":
		text = "signal " + exit.Signal
	case exit.Code == harness.CodeUnknown:
		text = "code unknown"
	}
	if exit.By != "" {
		text += ", by " + exit.By
	}
	return text
}

func sortedMetrics(values map[harness.Metric]float64) (names []harness.Metric) {
	for name := range values {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return names[i] < names[j] })
	return names
}

func metricText(metric harness.Metric, value float64) string {
	name := string(metric)
	switch {
	case strings.HasSuffix(name, "_bytes") || strings.HasSuffix(name, "_bytes_total"):
		return size(harness.Bytes(value))
	case strings.HasSuffix(name, "_seconds"):
		return seconds(value)
	}
	return count(int64(value))
}

// tail is the end of a program's output; a report shows what it said last.
func tail(name string) string {
	file, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	from := max(0, info.Size()-tailBytes)
	text := make([]byte, info.Size()-from)
	n, _ := file.ReadAt(text, from) // what cannot be read is not shown
	shown := printableLines(strings.ToValidUTF8(string(text[:n]), "\uFFFD"))
	if from > 0 {
		_, shown, _ = strings.Cut(shown, "\n")
		shown = "…\n" + shown
	}
	return strings.TrimRight(shown, "\n")
}
