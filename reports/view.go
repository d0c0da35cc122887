package reports

import (
	"fmt"
	"path"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// variantView is a run as the page and the markdown show it. It refers to the report
// and never writes to it.
type variantView struct {
	Report   *harness.VariantReport
	V        harness.Verdict
	Name     string // with a number where the variant ran more than once
	Anchor   string
	Role     harness.Role
	Judged   string
	Fate     string
	Line     string // the sentence
	Extra    string // what the gate adds to it
	Run      string
	Undone   string // why it could not be decided
	Track    *track
	Sites    []siteView
	Flame    flameView
	Notes    *notes
	Routines *goroutineView
	Streams  []streamList // of a script
	Open     *descriptorView
}

// siteView is a site with its code.
type siteView struct {
	harness.Site
	Place string // file:line
	File  string
	Code  []sourceLine
}

// pair is a broken program and its fixed twin; either may be missing.
type pair struct{ Broken, Fixed *variantView }

// scenarioView is a scenario as it is shown.
type scenarioView struct {
	Report   *harness.ScenarioReport
	Scenario harness.Scenario
	Anchor   string
	Headline string
	Result   harness.Result
	Expected bool
	Main     pair
	Fix      *fix
	Twins    []pair // of the other families
	Rest     []*variantView
	All      []*variantView
	Checks   []checkView
}

const codeContext = 6 // lines on either side of a guilty one

func (r renderer) scenario(s *harness.ScenarioReport, index int) *scenarioView {
	view := &scenarioView{
		Report: s, Scenario: scenarioOf(s), Anchor: fmt.Sprintf("s%d", index+1), Result: s.Result, Expected: s.AsExpected,
		Checks: checkViews(s.Checks),
	}
	names := labels(s.Variants)
	for i := range s.Variants {
		variant := r.variant(view.Scenario, &s.Variants[i])
		variant.Name, variant.Anchor = names[i], fmt.Sprintf("%s-v%d", view.Anchor, i+1)
		view.All = append(view.All, variant)
	}
	view.Main = twins(view.All, "")
	view.Headline = headline(view.Main)
	for _, variant := range view.All {
		if variant != view.Main.Broken && variant != view.Main.Fixed {
			view.Rest = append(view.Rest, variant)
		}
	}
	if view.Main.Broken != nil && view.Main.Fixed != nil {
		view.Fix = findFix(view.Main.Broken.Report.Run, view.Main.Fixed.Report.Run, view.Main.Broken.V.Sites)
	}
	view.Twins = otherTwins(view)
	return view
}

func (r renderer) variant(s harness.Scenario, v *harness.VariantReport) *variantView {
	view := &variantView{
		Report: v, V: verdictOf(v), Role: role(v.Variant), Judged: judged(v), Line: sentence(v),
		Run: r.runPath(v.Run), Undone: undecided(s, v),
	}
	view.Fate, view.Extra = fate(view.V), extra(v)
	view.Routines, view.Open = goroutines(v.Run), descriptors(v.Run)
	view.Streams = streams(v.Run, view.V.Stream)
	for _, site := range view.V.Sites {
		file, code := excerpt(v.Run, site, codeContext)
		view.Sites = append(view.Sites, siteView{Site: site, Place: place(v.Run, site), File: file, Code: code})
	}
	return view
}

// family is what twins share: the folder in the variant's name, go or node as a rule.
func family(v *variantView) string { return path.Dir(v.Report.Variant.Name) }

// twins picks the pair that tells the story: the first broken program that was
// convicted, and the first fixed one of the same family. Where nobody was convicted
// the first of each; a subject stands in for the broken one.
func twins(all []*variantView, of string) (chosen pair) {
	var subject *variantView
	for _, v := range all {
		if of != "" && family(v) != of {
			continue
		}
		switch {
		case v.Role == harness.RoleBroken && (chosen.Broken == nil || !chosen.Broken.V.Convicted() && v.V.Convicted()):
			chosen.Broken = v
		case v.Role == harness.RoleSubject && subject == nil:
			subject = v
		}
	}
	if chosen.Broken == nil {
		chosen.Broken = subject
	}
	for _, v := range all {
		if v.Role != harness.RoleFixed || of != "" && family(v) != of {
			continue
		}
		sameFamily := chosen.Broken != nil && family(v) == family(chosen.Broken)
		if chosen.Fixed == nil || sameFamily && family(chosen.Fixed) != family(chosen.Broken) {
			chosen.Fixed = v
		}
	}
	return chosen
}

// otherTwins are the pairs of the other families, each of which gets a chart of its own.
func otherTwins(view *scenarioView) (pairs []pair) {
	seen := make(map[string]bool)
	for _, v := range []*variantView{view.Main.Broken, view.Main.Fixed} {
		if v != nil {
			seen[family(v)] = true
		}
	}
	for _, v := range view.Rest {
		if name := family(v); name != "." && !seen[name] {
			seen[name] = true
			if p := twins(view.All, name); p.Broken != nil && p.Fixed != nil {
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}

// base is the last part of a path-like function name, for places with little room.
func base(function string) string {
	return function[strings.LastIndexByte(function, '/')+1:]
}
