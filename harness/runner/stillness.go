package runner

import (
	"fmt"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

const (
	// stallAfter is how long nothing may move while a drain is waited for, before
	// waiting longer would show nothing new.
	stallAfter = 15 * time.Second
	// A program is frozen when it sits at its limit for so long, takes nothing, and
	// has so many major faults a second (150 and more were measured, 0 in health).
	frozenAfter  = 2 * time.Second
	frozenShare  = 0.95
	frozenFaults = 20
	// blindAfter is how long after one look the next may come. What happens in a longer
	// pause nobody sees: this machine was asleep, or had no time for highwater.
	blindAfter = time.Second
)

// stillness notices that nothing moves any more: a program that is stuck, or frozen
// at its limit.
type stillness struct {
	limit harness.Bytes
	// patient: standing still is no fault, since the sink does not read on purpose, or
	// since the phase has an end of its own.
	patient bool

	looked           time.Time
	taken, delivered mark
	// Since when memory has been at the limit, and the major faults at that moment.
	atLimit time.Time
	faults  float64
}

// mark is a count and when it last changed.
type mark struct {
	value float64
	at    time.Time
}

func (m *mark) see(value float64, now time.Time) {
	if m.at.IsZero() || value != m.value {
		m.value, m.at = value, now
	}
}

// begin says that a phase begins. Only one that waits for the drain can wait in vain.
func (s *stillness) begin(phase harness.Phase) {
	if s.patient {
		s.taken, s.delivered = mark{}, mark{}
	}
	s.patient = phase.StopReading || phase.Until == ""
}

// look returns how a run ends in which nothing moves, or nil.
func (s *stillness) look(values map[harness.Metric]float64, now time.Time) *ending {
	still := s.still(values, now)
	if end := s.frozen(values, now); end != nil {
		return end
	}
	if !s.patient && still > stallAfter {
		return &ending{harness.EventStalled, fmt.Sprintf("no byte moved for %.0f s although the sink was reading", still.Seconds())}
	}
	return nil
}

// skipPause leaves out of every span a pause in which nobody looked.
func (s *stillness) skipPause(now time.Time) {
	if pause := now.Sub(s.looked); !s.looked.IsZero() && pause > blindAfter {
		for _, since := range []*time.Time{&s.taken.at, &s.delivered.at} {
			if !since.IsZero() {
				*since = since.Add(pause)
			}
		}
		s.atLimit = time.Time{} // what was paged in meanwhile is no storm
	}
	s.looked = now
}

// still is for how long neither end's count has changed.
func (s *stillness) still(values map[harness.Metric]float64, now time.Time) time.Duration {
	s.skipPause(now)
	s.taken.see(values[harness.SourceBytes], now)
	s.delivered.see(values[harness.SinkBytes], now)
	return min(now.Sub(s.taken.at), now.Sub(s.delivered.at))
}

// frozen recognises a program that the kernel neither kills nor lets work: at its
// limit, its own text is evicted and read again all the time. What it takes stands
// still; what the sink receives may trickle on, out of socket buffers.
func (s *stillness) frozen(values map[harness.Metric]float64, now time.Time) *ending {
	anon, faults := values[harness.MemoryAnon], values[harness.MajorFaults]
	if s.limit <= 0 || anon < frozenShare*float64(s.limit) {
		s.atLimit = time.Time{}
		return nil
	}
	if s.atLimit.IsZero() {
		s.atLimit, s.faults = now, faults
	}
	since := now.Sub(s.atLimit)
	still := now.Sub(s.taken.at)
	if s.taken.value == 0 { // no source
		still = now.Sub(s.delivered.at)
	}
	storm := (faults - s.faults) / max(since.Seconds(), 1e-3)
	if since < frozenAfter || still < frozenAfter || storm < frozenFaults {
		return nil
	}
	return &ending{harness.EventFrozen, fmt.Sprintf("at %.0f %% of the limit for %.1f s with %.0f major faults a second, and nothing taken for %.1f s",
		100*anon/float64(s.limit), since.Seconds(), storm, still.Seconds())}
}
