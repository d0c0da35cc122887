package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"` // seconds
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string     `xml:"classname,attr"`
	Name    string     `xml:"name,attr"`
	Time    string     `xml:"time,attr"` // seconds
	Failure *junitText `xml:"failure"`
	Error   *junitText `xml:"error"`
	Skipped *junitText `xml:"skipped"`
	Output  string     `xml:"system-out,omitempty"`
}

type junitText struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Body    string `xml:",chardata"`
}

// JUnit writes the report as JUnit XML: a suite for each scenario, a case for each run
// of a variant and for each check. A run that never became ready is an error and not a failure: nothing
// was measured.
func JUnit(w io.Writer, report *harness.Report) error { return renderer{}.junit(w, report) }

func (r renderer) junit(w io.Writer, report *harness.Report) error {
	suites := junitSuites{Name: "highwater"}
	for i := range report.Scenarios {
		suite := r.junitSuite(&report.Scenarios[i])
		suites.Tests += suite.Tests
		suites.Failures += suite.Failures
		suites.Errors += suite.Errors
		suites.Skipped += suite.Skipped
		suites.Suites = append(suites.Suites, suite)
	}
	text, err := xml.MarshalIndent(suites, "", "  ")
	if err != nil {
		return fmt.Errorf("encode junit: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

func (r renderer) junitSuite(s *harness.ScenarioReport) junitSuite {
	suite := junitSuite{Name: scenarioOf(s).ID, Tests: len(s.Variants)}
	names, total := labels(s.Variants), 0.0
	for i := range s.Variants {
		v := &s.Variants[i]
		total += verdictOf(v).DurationSeconds
		result := junitCase{Class: suite.Name, Name: names[i], Time: fmt.Sprintf("%.3f", verdictOf(v).DurationSeconds)}
		text := junitText{Message: oneLine(v.Why, sentence(v)), Type: string(verdictOf(v).Cause), Body: r.junitFacts(v)}
		switch {
		case verdictOf(v).Outcome == harness.OutcomeNeverReady:
			text.Type = string(harness.OutcomeNeverReady)
			result.Error, suite.Errors = &text, suite.Errors+1
		case v.Result == harness.Fail:
			result.Failure, suite.Failures = &text, suite.Failures+1
		case v.Result == harness.Inconclusive && !s.AsExpected:
			result.Skipped, suite.Skipped = &junitText{Message: text.Message, Body: text.Body}, suite.Skipped+1
		default:
			result.Output = text.Body
		}
		suite.Cases = append(suite.Cases, result)
	}
	for _, check := range checkViews(s.Checks) {
		suite.add(check)
	}
	suite.Time = fmt.Sprintf("%.3f", total)
	return suite
}

// add makes a case of a check; it takes no time of its own.
func (s *junitSuite) add(check checkView) {
	result := junitCase{Class: s.Name, Name: check.Name(), Time: "0.000"}
	text := junitText{Message: oneLine(check.Why), Body: "\n" + check.Why + "\n"}
	switch check.Result {
	case harness.Fail:
		text.Type = "check"
		result.Failure, s.Failures = &text, s.Failures+1
	case harness.Inconclusive:
		result.Skipped, s.Skipped = &text, s.Skipped+1
	default:
		result.Output = text.Body
	}
	s.Tests++
	s.Cases = append(s.Cases, result)
}

// junitFacts is what a person needs who sees only this test's text.
func (r renderer) junitFacts(v *harness.VariantReport) string {
	verdict := verdictOf(v)
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s\n", sentence(v))
	fmt.Fprintf(&text, "result:  %s (%s, %s)\n", judged(v), verdict.Outcome, verdict.Cause)
	if site := guilty(verdict); site != "" {
		fmt.Fprintf(&text, "site:    %s %s:%d\n", site, verdict.Sites[0].File, verdict.Sites[0].Line)
	}
	limit := "no limit"
	if verdict.LimitBytes > 0 {
		limit = size(verdict.LimitBytes)
	}
	fmt.Fprintf(&text, "peak:    %s of %s\n", size(verdict.PeakBytes), limit)
	if !sourceless(v) {
		fmt.Fprintf(&text, "backlog: %s, %s\n", size(verdict.BacklogBytes), plural(verdict.BacklogRows, "row"))
	}
	fmt.Fprintf(&text, "run:     %s\n", r.runPath(v.Run))
	for _, warning := range verdict.Warnings {
		fmt.Fprintf(&text, "warning: %s\n", warning)
	}
	return text.String()
}

// oneLine is the first text that says something, on one line.
func oneLine(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return strings.Join(strings.Fields(text), " ")
		}
	}
	return ""
}
