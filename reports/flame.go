package reports

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	// The driver is a heavy dependency and keeps its settings in package variables; it
	// stands here alone because its flame graph page is the one that Go people know,
	// with search, zoom and growth against a base.
	"github.com/google/pprof/driver"
	"github.com/google/pprof/profile"

	"github.com/highwater-dev/highwater/harness"
)

// flameView is the flame graph of a run's growth.
type flameView struct {
	Page       string // a whole HTML page; empty where there is none
	Base, Last string // files of the profiles
	BaseAt     float64
	LastAt     float64
	Missing    string // why there is none
}

// flame renders the growth between the first and the fullest heap profile of a run.
func flame(run *harness.Recording) flameView {
	first, fullest, found := growthProfiles(run)
	if !found {
		return flameView{Missing: "fewer than two heap profiles can be read"}
	}
	base, err := readProfile(run.ProfilePath(first))
	if err != nil {
		return flameView{Missing: err.Error()}
	}
	last, err := readProfile(run.ProfilePath(fullest))
	if err != nil {
		return flameView{Missing: err.Error()}
	}
	page, err := flamePage(base, last)
	if err != nil {
		return flameView{Missing: err.Error()}
	}
	start := run.LoadStart()
	return flameView{Page: page, Base: first.Profile, Last: fullest.Profile, BaseAt: first.Seconds - start, LastAt: fullest.Seconds - start}
}

// driverLock guards the driver's package variables.
var driverLock sync.Mutex

// flamePage has pprof's driver render its flame graph page of last minus base.
func flamePage(base, last *profile.Profile) (string, error) {
	driverLock.Lock()
	defer driverLock.Unlock()
	base.DocURL, last.DocURL = "", "" // a link out of a page that has none
	index := last.SampleType[spaceIndex(last)].Type
	recorder := httptest.NewRecorder()
	err := driver.PProf(&driver.Options{
		Flagset: flags{
			"http": "localhost:1", "no_browser": true, "symbolize": "none", "base": "base", "sample_index": index,
		},
		Fetch: fetcher{"base": base, "last": last}, Sym: noSymbols{}, Obj: noObjects{}, UI: silent{},
		HTTPServer: func(args *driver.HTTPServerArgs) error { // called back instead of listening
			args.Handlers["/flamegraph"].ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/flamegraph", nil))
			return nil
		},
	})
	if err != nil {
		return "", fmt.Errorf("render flame graph: %w", err)
	}
	if recorder.Code != http.StatusOK {
		return "", fmt.Errorf("render flame graph: %s", strings.TrimSpace(recorder.Body.String()))
	}
	return embeddable(recorder.Body.String())
}

// flameHead goes before everything else in the page. Its style takes away the menus,
// which need pprof's server. Its script stands in for the address bar, in which the page
// keeps the zoomed function: a page inside a page must not change its address. And it has
// the graph drawn again when the frame gets its width, which is nothing while folded.
const flameHead = `<style>.header .title,.menu-item,#action-menu,.dialog,.header .description{display:none!important}
.header{padding:0 .25rem!important;height:40px!important}.header>div:first-child{margin:0}</style>
<script>(()=>{let at='about:srcdoc';Object.defineProperty(document,'URL',{get:()=>at});
history.pushState=(s,t,u)=>{at=u};
addEventListener('load',()=>new ResizeObserver(()=>dispatchEvent(new Event('resize'))).observe(document.body))})();</script>`

func embeddable(page string) (string, error) {
	before, after, found := strings.Cut(page, "<head>")
	if !found {
		return "", errors.New("render flame graph: pprof's page has no head")
	}
	return before + "<head>" + flameHead + after, nil
}

// flags answers the driver's questions for its command line.
type flags map[string]any

func setting[T any](f flags, name string, otherwise T) *T {
	if set, found := f[name].(T); found {
		return &set
	}
	return &otherwise
}

func (f flags) Bool(name string, otherwise bool, _ string) *bool { return setting(f, name, otherwise) }
func (f flags) Int(name string, otherwise int, _ string) *int    { return setting(f, name, otherwise) }
func (f flags) Float64(name string, otherwise float64, _ string) *float64 {
	return setting(f, name, otherwise)
}
func (f flags) String(name, otherwise, _ string) *string { return setting(f, name, otherwise) }
func (f flags) StringList(name, otherwise, _ string) *[]*string {
	return &[]*string{setting(f, name, otherwise)}
}
func (flags) ExtraUsage() string    { return "" }
func (flags) AddExtraUsage(string)  {}
func (flags) Parse(func()) []string { return []string{"last"} }

// fetcher hands out profiles by name.
type fetcher map[string]*profile.Profile

func (f fetcher) Fetch(name string, _, _ time.Duration) (*profile.Profile, string, error) {
	if p, found := f[name]; found {
		return p, "", nil // without an address the driver keeps no copy of its own
	}
	return nil, "", fmt.Errorf("fetch profile: no profile %q", name)
}

// noSymbols and noObjects keep the driver from looking for the program's binary:
// recorded profiles name their functions themselves.
type noSymbols struct{}

func (noSymbols) Symbolize(string, driver.MappingSources, *profile.Profile) error { return nil }

type noObjects struct{}

func (noObjects) Open(name string, _, _, _ uint64, _ string) (driver.ObjFile, error) {
	return nil, fmt.Errorf("open %s: not looked for", name)
}

func (noObjects) Disasm(string, uint64, uint64, bool) ([]driver.Inst, error) {
	return nil, errors.New("disassemble: not looked for")
}

// silent is a terminal that nobody sits at.
type silent struct{}

func (silent) ReadLine(string) (string, error)     { return "", io.EOF }
func (silent) Print(...any)                        {}
func (silent) PrintErr(...any)                     {}
func (silent) IsTerminal() bool                    { return false }
func (silent) WantBrowser() bool                   { return false }
func (silent) SetAutoComplete(func(string) string) {}
