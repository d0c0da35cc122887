package reports

import (
	"embed"
	"fmt"
	"html"
	"html/template"
	"io"
	"math"
	"unicode/utf8"

	"github.com/highwater-dev/highwater/harness"
)

//go:embed templates
var templates embed.FS

// pageTemplate is parsed once; what is wrong with it is seen by the first test.
var pageTemplate = template.Must(template.New("report.gohtml").Funcs(template.FuncMap{
	"size": size, "count": count, "seconds": seconds, "percent": percent, "ended": ended, "plural": plural, "base": base,
	"share": ofLimit, "backlog": backlogOf, "delivered": deliveredOf, "sourceless": sourceless,
	"meaning": func(cause harness.Cause) string { return causePhrase[cause] },
	"misses":  func() string { return goroutineMisses },
	"parts":   memoryRows, "counted": countedAs,
	"death": timeToDeath, "mark": sign,
	"frame": frame, "nb": unbroken, "say": say,
	"width": func(share float64) int { return int(100 * min(1, max(0, share))) },
	"int":   func(n int) int64 { return int64(n) },
}).ParseFS(templates, "templates/*.gohtml"))

// page is what the template is given.
type page struct {
	Tool, Engine string
	CSS          template.CSS
	JS           template.JS
	Scenarios    []*sceneView
	Passed       int
	Failed       int
	Open         int // inconclusive
}

// sceneView is a scenario with its charts.
type sceneView struct {
	*scenarioView
	Chart  template.HTML
	Memory template.HTML // where it was at its peak
	Keys   []memoryKey
	Others []pairChart
	Health *healthTable // nil without probes
	Small  []smallChart
}

type pairChart struct {
	Title string
	Chart template.HTML
}

type smallChart struct {
	*variantView
	Chart template.HTML
}

// longHeadline is how many characters a name may have before the headline is set smaller.
const longHeadline = 44

// Long says whether a name makes the headline too long for large letters.
func (s *sceneView) Long() bool {
	for _, v := range []*variantView{s.Main.Broken, s.Main.Fixed} {
		if v != nil && utf8.RuneCountInString(v.Name) > longHeadline {
			return true
		}
	}
	return false
}

// maxFlames bounds the size of a page: each flame graph brings its own script.
const maxFlames = 16

// HTML writes the report as one page that needs nothing else: no network, and no
// script but for the flame graphs.
func HTML(w io.Writer, report *harness.Report) error { return renderer{}.html(w, report) }

func (r renderer) html(w io.Writer, report *harness.Report) error {
	view := page{Tool: report.Tool, Engine: report.Engine}
	css, err := templates.ReadFile("templates/report.css")
	if err != nil {
		return fmt.Errorf("read style: %w", err)
	}
	js, err := templates.ReadFile("templates/report.js")
	if err != nil {
		return fmt.Errorf("read script: %w", err)
	}
	view.CSS, view.JS = template.CSS(css), template.JS(js)
	flames := maxFlames
	for i := range report.Scenarios {
		scene := r.scene(&report.Scenarios[i], i, &flames)
		view.Scenarios = append(view.Scenarios, scene)
		switch scene.Result {
		case harness.Pass:
			view.Passed++
		case harness.Fail:
			view.Failed++
		default:
			view.Open++
		}
	}
	if err := pageTemplate.Execute(w, view); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	return nil
}

func (r renderer) scene(s *harness.ScenarioReport, index int, flames *int) *sceneView {
	scene := &sceneView{scenarioView: r.scenario(s, index)}
	until := 0.0
	for _, v := range scene.All {
		v.Track, v.Notes = newTrack(v.Report.Run), r.notes(v.Report)
		if v.V.Convicted() {
			v.Flame = boundedFlame(v.Report.Run, flames)
		}
		if v.Track != nil {
			until = max(until, v.Track.end)
		}
	}
	scene.Memory, scene.Keys = memoryChart(scene.All), memoryKeys(scene.All)
	scene.Chart = twinChart(scene.Scenario, scene.Main.Broken, scene.Main.Fixed)
	for _, twins := range scene.Twins {
		scene.Others = append(scene.Others, pairChart{headline(twins), twinChart(scene.Scenario, twins.Broken, twins.Fixed)})
	}
	scene.Health = newHealthTable(scene.All)
	top := highest(scene.Rest)
	for _, v := range scene.Rest {
		scene.Small = append(scene.Small, smallChart{v, sparkChart(scene.Scenario, v, until, top)})
	}
	return scene
}

func boundedFlame(run *harness.Recording, left *int) flameView {
	if *left == 0 {
		return flameView{Missing: fmt.Sprintf("a report holds at most %d; the commands below show the same", maxFlames)}
	}
	view := flame(run)
	if view.Page != "" {
		*left--
	}
	return view
}

// frame puts a page into an iframe that may run its script and nothing else: it has no
// origin, so it cannot reach the report around it.
func frame(view flameView, title string) template.HTML {
	return template.HTML(fmt.Sprintf(`<iframe sandbox="allow-scripts" loading="lazy" title="%s" srcdoc="%s"></iframe>`,
		html.EscapeString(title), html.EscapeString(view.Page)))
}

// timeToDeath is how long the program lived, or would live at this rate.
func timeToDeath(v harness.Verdict) string {
	switch {
	case v.TimeToDeathSeconds <= 0 || math.IsNaN(v.TimeToDeathSeconds):
		return "–"
	case v.TimeToDeathExtrapolated:
		return "≈ " + seconds(v.TimeToDeathSeconds) + " at this rate"
	}
	return seconds(v.TimeToDeathSeconds)
}
