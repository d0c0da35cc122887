package reports

import (
	"bytes"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

// starved is a report on a service whose pool is empty, and on one that keeps a reserve.
func starved(t testing.TB, dir string) *harness.Report {
	s := scene("connection-starvation", "Nobody gets a connection", 128*harness.MiB, 12*harness.MiB, 4)
	s.Probes = &harness.Probes{Path: "/healthz", Every: harness.Duration(100 * time.Millisecond), Within: harness.Duration(2 * time.Second)}
	run := func(name string, role harness.Role, failing bool) harness.VariantReport {
		variant := harness.Variant{Name: name, Role: role, Go: "./" + name}
		rec := record(t, filepath.Join(dir, "runs", name), recorded{
			scenario: s, variant: variant, seconds: 8, slow: 4, anon: flat(10 * mib), backlog: flat(0), sink: 0.95,
			extra: func(at float64, v map[harness.Metric]float64) {
				sent := float64(int(at * 10))
				v[harness.ProbesTotal], v[harness.ProbesFailed], v[harness.ProbeWorst] = sent, 0, 0.002
				v[harness.DBConnections], v[harness.DBActive], v[harness.DBClientWrites], v[harness.DBLocks] = 20, 18, 18, 19
				if failing && at > 2 {
					v[harness.ProbesFailed], v[harness.ProbeWorst], v[harness.DBActive] = sent-20, 2, 20
				}
			},
		})
		cause := harness.CauseNone
		if failing {
			cause = harness.CausePoolStarvation
		}
		return harness.VariantReport{Variant: variant, Result: harness.Pass, Run: rec, Verdict: &harness.Verdict{
			Outcome: harness.OutcomeCompleted, Cause: cause, Sentence: "It was asked for its health.", PeakBytes: 10 * harness.MiB,
			LimitBytes: s.Limits.Memory, DurationSeconds: 8, SinkPressure: 0.95, Engaged: true, Confidence: "high",
		}}
	}
	return &harness.Report{Tool: "highwater 0.1.0", Engine: "docker", Scenarios: []harness.ScenarioReport{{
		Scenario: s, Result: harness.Pass, AsExpected: true, Variants: []harness.VariantReport{
			run("go/broken", harness.RoleBroken, true), run("go/fixed", harness.RoleFixed, false), run("go/dedicated", harness.RoleFixed, false)},
	}}}
}

func TestHealthStandsAboveMemory(t *testing.T) {
	report := starved(t, t.TempDir())
	scene := renderer{}.scene(&report.Scenarios[0], 0, new(int))
	panels := twinPanels(scene.Scenario, []*variantView{scene.Main.Broken, scene.Main.Fixed}, false)
	var titles []string
	for _, p := range panels[:3] {
		titles = append(titles, p.title)
	}
	assert.Equal(t, []string{"Health checks: how long the answer took", "Database: connections that are running a query", "Anonymous memory"}, titles)
	assert.Equal(t, "failed at 2 s", panels[0].mark.label)
	assert.Equal(t, "60 of 80 failed", panels[0].lines[0].figure)
	assert.Equal(t, "20", panels[1].lines[0].figure)
}

func TestHealthTable(t *testing.T) {
	report := starved(t, t.TempDir())
	table := renderer{}.scene(&report.Scenarios[0], 0, new(int)).Health
	require.NotNil(t, table)
	assert.Equal(t, "drain", table.Phase)
	assert.Equal(t, []string{"Connections", "Running a query", "Waiting in ClientWrite", "Locks held"}, table.Names)
	assert.Equal(t, []healthCell{
		{"60", "of 80", true}, {"40", "of 40", true}, {"2 s", "2 s", false}, {"2 s", "2 s", false}, {"2 s", "2 s", false},
		{"20", "20", false}, {"20", "20", false}, {"18", "18", false}, {"19", "19", false}, {"10 MiB", "", false},
	}, table.Rows[0].Cells)
	assert.Equal(t, healthCell{"0", "of 80", false}, table.Rows[1].Cells[0])
	assert.Equal(t, healthCell{"2 ms", "2 ms", false}, table.Rows[1].Cells[3])
}

func TestHealthIsShownForProbedRunsOnly(t *testing.T) {
	dir := t.TempDir()
	var probed, plain bytes.Buffer
	require.NoError(t, HTML(&probed, starved(t, dir)))
	require.NoError(t, HTML(&plain, demo(t, dir)))
	assert.Contains(t, probed.String(), "Health, and what the database said")
	assert.NotContains(t, plain.String(), "Health, and what the database said")
	var text bytes.Buffer
	require.NoError(t, Markdown(&text, starved(t, t.TempDir())))
	assert.Contains(t, text.String(), "Health checks: 60 of 80 failed, 40 of 40 of them in drain, where 95 % took at most 2 s."+
		" The database's peaks: 20 connections, 20 running a query, 18 waiting in ClientWrite, 19 locks held.")
	page := regexp.MustCompile(` d="[^"]*"`).ReplaceAll(probed.Bytes(), []byte(` d="POINTS"`))
	golden(t, "starved.html", dir, page)
}
