package probe

import (
	"bytes"
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/pprof/profile"
)

// samplingProfile is what HeapProfiler.getSamplingProfile answers: a tree of calls, each
// with the bytes that were allocated there and are still alive.
type samplingProfile struct {
	Head    allocations `json:"head"`
	Samples []struct {
		NodeID int64 `json:"nodeId"`
	} `json:"samples"`
}

type allocations struct {
	CallFrame callFrame     `json:"callFrame"`
	SelfSize  int64         `json:"selfSize"`
	ID        int64         `json:"id"`
	Children  []allocations `json:"children"`
}

// callFrame is a function and where it begins, from 0. V8 does not tell the line within it.
type callFrame struct {
	FunctionName string `json:"functionName"`
	ScriptID     string `json:"scriptId"`
	URL          string `json:"url"`
	LineNumber   int64  `json:"lineNumber"`
	ColumnNumber int64  `json:"columnNumber"`
}

// encode writes the profile as pprof does. Sample types are called as Go's are, since they
// mean the same: inuse_space is scaled up from the samples, inuse_samples counts these.
func (p samplingProfile) encode() ([]byte, error) {
	c := conversion{
		into: &profile.Profile{
			SampleType:        []*profile.ValueType{{Type: "inuse_samples", Unit: "count"}, {Type: "inuse_space", Unit: "bytes"}},
			DefaultSampleType: "inuse_space",
			PeriodType:        &profile.ValueType{Type: "space", Unit: "bytes"},
			Period:            heapInterval,
		},
		locations: map[callFrame]*profile.Location{}, samples: map[int64]int64{},
	}
	for _, sample := range p.Samples {
		c.samples[sample.NodeID]++
	}
	for _, child := range p.Head.Children { // the head is the root, and no function
		c.add(child, nil)
	}
	if err := c.into.CheckValid(); err != nil {
		return nil, fmt.Errorf("convert profile: %w", err)
	}
	var text bytes.Buffer
	if err := c.into.Write(&text); err != nil {
		return nil, fmt.Errorf("convert profile: %w", err)
	}
	return text.Bytes(), nil
}

type conversion struct {
	into      *profile.Profile
	locations map[callFrame]*profile.Location
	samples   map[int64]int64 // of each node
}

// add adds a node and those below it; callers are the stack above, nearest first.
func (c *conversion) add(node allocations, callers []*profile.Location) {
	stack := append([]*profile.Location{c.location(node.CallFrame)}, callers...)
	if node.SelfSize > 0 {
		c.into.Sample = append(c.into.Sample, &profile.Sample{Location: stack, Value: []int64{c.samples[node.ID], node.SelfSize}})
	}
	for _, child := range node.Children {
		c.add(child, stack)
	}
}

// location is that of a function: functions without a name differ by where they begin.
func (c *conversion) location(frame callFrame) *profile.Location {
	if known := c.locations[frame]; known != nil {
		return known
	}
	id := uint64(len(c.locations) + 1)
	function := &profile.Function{
		ID: id, Name: cmp.Or(frame.FunctionName, "(anonymous)"), SystemName: frame.FunctionName,
		Filename: frame.file(), StartLine: frame.LineNumber + 1,
	}
	location := &profile.Location{ID: id, Line: []profile.Line{{Function: function, Line: frame.LineNumber + 1, Column: frame.ColumnNumber + 1}}}
	c.locations[frame] = location
	c.into.Function = append(c.into.Function, function)
	c.into.Location = append(c.into.Location, location)
	return location
}

// file is the path of a file: URL, else what V8 calls the script; V8's own functions
// belong to none.
func (f callFrame) file() string {
	if parsed, err := url.Parse(f.URL); err == nil && parsed.Scheme == "file" {
		return parsed.Path
	}
	if f.URL == "" && strings.HasPrefix(f.FunctionName, "(") {
		return "(native)"
	}
	return cmp.Or(f.URL, "(native)")
}
