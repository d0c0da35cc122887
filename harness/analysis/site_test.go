package analysis

import (
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

// call is a frame "function file line"; a stack is written leaf first.
type call struct {
	name, file string
	line       int64
}

func profileOf(stacks map[*[]call]int64) *profile.Profile {
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "inuse_objects", Unit: "count"}, {Type: "inuse_space", Unit: "bytes"}}}
	functions, locations := map[string]*profile.Function{}, map[call]*profile.Location{}
	for calls, value := range stacks {
		sample := &profile.Sample{Value: []int64{1, value}}
		for _, c := range *calls {
			if functions[c.name] == nil {
				functions[c.name] = &profile.Function{ID: uint64(len(functions) + 1), Name: c.name, Filename: c.file}
				p.Function = append(p.Function, functions[c.name])
			}
			if locations[c] == nil {
				locations[c] = &profile.Location{ID: uint64(len(locations) + 1), Address: uint64(len(locations)+1) * 16, Line: []profile.Line{{Function: functions[c.name], Line: c.line}}}
				p.Location = append(p.Location, locations[c])
			}
			sample.Location = append(sample.Location, locations[c])
		}
		p.Sample = append(p.Sample, sample)
	}
	return p
}

func at(line int64, names ...string) *[]call {
	var calls []call
	for _, name := range names {
		calls = append(calls, call{name, "/app/main.go", line})
	}
	return &calls
}

func TestRank(t *testing.T) {
	const m = int64(harness.MiB)
	for _, c := range []struct {
		name   string
		stacks map[*[]call]int64
		want   []string
	}{
		{"innermost of those with half", map[*[]call]int64{
			at(1, "bytes.growSlice", "main.encode", "main.(*queue).Write", "main.main"): 40 * m,
			at(2, "main.(*queue).Write", "main.main"):                                   60 * m,
		}, []string{"main.(*queue).Write", "main.main", "main.encode"}},
		{"a helper with half is the innermost", map[*[]call]int64{
			at(1, "main.encode", "main.(*queue).Write"): 60 * m, at(2, "main.(*queue).Write"): 40 * m,
		}, []string{"main.encode", "main.(*queue).Write"}},
		{"recursion counts once a stack", map[*[]call]int64{
			at(1, "main.walk", "main.walk", "main.walk", "main.main"): 40 * m, at(2, "main.load", "main.main"): 60 * m,
		}, []string{"main.load", "main.main", "main.walk"}},
		{"what shrank does not count", map[*[]call]int64{
			at(1, "main.leak"): 30 * m, at(2, "main.freed"): -90 * m,
		}, []string{"main.leak"}},
		{"only the standard library", map[*[]call]int64{at(1, "net/http.(*conn).serve"): 90 * m}, nil},
		{"below the noise", map[*[]call]int64{at(1, "main.leak"): 7 * m}, nil},
		{"nobody has half", map[*[]call]int64{at(1, "main.a"): 30 * m, at(2, "main.b"): 30 * m, at(3, "main.c"): 30 * m}, nil},
		{"highwater's own port", map[*[]call]int64{at(1, "main.highwaterDebugProfile", "main.serve"): 90 * m}, []string{"main.serve"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var names []string
			for _, site := range rank(profileOf(c.stacks), noise) {
				names = append(names, site.Function)
			}
			assert.Equal(t, c.want, names)
		})
	}
}

func TestLibrariesGoroutinesDoNotCount(t *testing.T) {
	diff := profileOf(map[*[]call]int64{
		at(9, "runtime.gopark", "main.sendRows", "main.export", "net/http.(*conn).serve"): 50,
		at(1, "internal/poll.(*FD).Read", "net/http.(*connReader).backgroundRead"):        55,
	})
	assert.Empty(t, rank(diff, leakedEnough))
	found := rank(atWork(diff), leakedEnough)
	require.NotEmpty(t, found)
	assert.Equal(t, "main.sendRows", found[0].Function)
	assert.InDelta(t, 1, found[0].Share, 0.001)
	assert.Len(t, diff.Sample, 2)
}

func TestRankNamesTheHeaviestLine(t *testing.T) {
	sites := rank(profileOf(map[*[]call]int64{at(31, "main.write"): 30 << 20, at(33, "main.write"): 10 << 20}), noise)
	require.Len(t, sites, 1)
	assert.Equal(t, harness.Site{Function: "main.write", File: "/app/main.go", Line: 31, Bytes: 40 << 20, Share: 1}, sites[0])
}

func TestSubtractKeepsItsArguments(t *testing.T) {
	base, last := profileOf(map[*[]call]int64{at(1, "main.a"): 10 << 20}), profileOf(map[*[]call]int64{at(1, "main.a"): 50 << 20})
	diff, err := subtract(base, last)
	require.NoError(t, err)
	assert.EqualValues(t, 40<<20, total(diff))
	assert.EqualValues(t, 10<<20, total(base))
	assert.EqualValues(t, 50<<20, total(last))
}

func TestIsUser(t *testing.T) {
	for _, c := range []struct {
		name, file string
		want       bool
	}{
		{"main.(*queue).Write", "/app/main.go", true},
		{"main.main.func1", "/app/main.go", true},
		{"github.com/us/shop/export.Rows", "/src/export/rows.go", true},
		{"github.com/them/lib.Read", "/go/pkg/mod/github.com/them/lib@v1.2.0/read.go", false},
		{"github.com/them/lib.Read", "github.com/them/lib@v1.2.0/read.go", false},
		{"github.com/them/lib.Read", "/src/vendor/github.com/them/lib/read.go", false},
		{"encoding/json.Marshal", "/usr/local/go/src/encoding/json/encode.go", false},
		{"runtime.malg", "runtime/proc.go", false},
		{"type:.eq.main.row", "<autogenerated>", false},
		{"memmove", "memmove_amd64.s", false},
		{"main.highwaterDebugProfile", "/app/zz_highwater_debug.go", false},
		{"main.init.0", "/app/zz_highwater_debug.go", false},
		{"exportBroken", "file:///app/p1.mjs", true},
		{"", "/app/p7.mjs", true},
		{"write_", "node:internal/streams/writable", false},
		{"(root)", "", false},
		{"(garbage collector)", "(native)", false},
		{"read", "/app/node_modules/pg/lib/query.js", false},
	} {
		assert.Equal(t, c.want, isUser(c.name, c.file), "%s %s", c.name, c.file)
	}
}
