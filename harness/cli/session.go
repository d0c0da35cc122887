package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/gate"
	"github.com/highwater-dev/highwater/harness/runner"
)

// session is one command that runs what was planned.
type session struct {
	*command
	flags    runFlags
	engines  *engines
	out      string
	progress *progress
	lanes    *lanes
	told     harness.Report
}

// newSession expects flags that were checked.
func newSession(c *command, engines *engines, out string, flags runFlags) *session {
	count, _ := lanesOf(flags.parallel)
	return &session{command: c, flags: flags, engines: engines, out: out, progress: newProgress(c.stderr), lanes: newLanes(count)}
}

// report runs everything it can, one scenario that cannot run not keeping the others
// from it, and judges it in the order in which it was planned.
func (s *session) report(ctx context.Context, plans []planned) error {
	s.told.Tool = "highwater " + version()
	runs := make([][]harness.VariantReport, len(plans))
	failed := make([]error, len(plans))
	s.runPlans(ctx, plans, func(i int, done []harness.VariantReport, err error) { runs[i], failed[i] = done, err })
	for i, p := range plans {
		if len(runs[i]) > 0 {
			s.told.Scenarios = append(s.told.Scenarios, gate.Judge(p.scenario, runs[i]))
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return errors.Join(failed...)
}

// runPlans runs all plans, and hands over each one's runs as soon as they are all
// there; never two at once.
func (s *session) runPlans(ctx context.Context, plans []planned, done func(i int, runs []harness.VariantReport, err error)) {
	var all sync.WaitGroup
	var handing sync.Mutex
	for i, p := range plans {
		hand := func(runs []harness.VariantReport, err error) {
			handing.Lock()
			defer handing.Unlock()
			done(i, runs, err)
		}
		r, err := s.runnerFor(ctx, p)
		if err != nil {
			hand(nil, err)
			continue
		}
		finished := s.beginAll(ctx, r, p)
		all.Go(func() { hand(finished()) })
	}
	all.Wait()
	s.progress.end()
}

// runnerFor finds the engine and sees whether there is memory enough.
func (s *session) runnerFor(ctx context.Context, p planned) (*runner.Runner, error) {
	in, err := s.engines.of(ctx, p.scenario, p.variants)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(s.told.Engine, in.Name()) {
		s.told.Engine = strings.TrimPrefix(s.told.Engine+", "+in.Name(), ", ")
	}
	binary, err := s.engines.peer(ctx, in)
	if err != nil {
		return nil, err
	}
	r := &runner.Runner{
		Engine: in, PeerBinary: binary, Watch: runner.Watch(s.flags.watch), Progress: s.progress.show,
		Facts: map[string]string{"highwater": version(), "scheduling": scheduling()},
	}
	available, err := s.lanes.available(ctx, in)
	if err != nil {
		return nil, err
	}
	for _, variant := range p.variants {
		if err := r.CheckMemory(p.scenario, variant, available); err != nil {
			return nil, fmt.Errorf("%s %s: %w", p.scenario.ID, variant.Name, err)
		}
	}
	return r, nil
}

// beginAll begins every run of a scenario, in order, as lanes become free. The returned
// function waits for them. One that cannot run does not keep the others from it; after
// Ctrl-C the rest is not begun, and their run directories say so.
func (s *session) beginAll(ctx context.Context, r *runner.Runner, p planned) (finished func() ([]harness.VariantReport, error)) {
	type result struct {
		run *harness.VariantReport
		err error
	}
	results := make([]result, len(p.variants)*s.flags.repeat)
	var under sync.WaitGroup
	for i, variant := range p.variants {
		for n := range s.flags.repeat {
			leave := s.lanes.enter(r.Memory(p.scenario, variant), p.scenario.Alone || s.flags.crowds(r.Engine.Name()))
			under.Go(func() {
				defer leave()
				one, err := s.runVariant(ctx, r, p.scenario, variant, runDir(s.out, p.scenario, variant, i, n, s.flags.repeat))
				if err != nil {
					err = fmt.Errorf("%s %s: %w", p.scenario.ID, variant.Name, err)
				}
				results[i*s.flags.repeat+n] = result{one, err}
			})
		}
	}
	return func() (done []harness.VariantReport, failed error) {
		under.Wait()
		for _, one := range results {
			if one.run != nil {
				done = append(done, *one.run)
			}
			failed = errors.Join(failed, one.err)
		}
		return done, failed
	}
}

// runVariant runs once, and judges what was measured even when the run was cut short.
// An error of highwater itself is told at the end of all runs.
func (s *session) runVariant(ctx context.Context, r *runner.Runner, scenario *harness.Scenario, variant harness.Variant, dir string) (*harness.VariantReport, error) {
	failed := r.Run(ctx, scenario, variant, dir)
	one, err := judge(dir)
	if failed != nil && errors.Is(err, fs.ErrNotExist) {
		return nil, failed // not even the directory could be made
	}
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	if failed == nil {
		s.progress.verdict(scenario.ID, variant.Name, one.Verdict, func() { lastWords(s.stderr, dir, one.Verdict.Outcome) })
	}
	return one, failed
}
