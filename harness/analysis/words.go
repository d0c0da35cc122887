package analysis

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/highwater-dev/highwater/harness"
)

func human(bytes float64) string { return harness.Bytes(whole(bytes)).Human() }

// whole rounds into the range of an integer; what is no number is 0.
func whole(value float64) int64 {
	if !sane(value) {
		return 0
	}
	return int64(math.Round(value))
}

func percent(share float64) string { return fmt.Sprintf("%d %%", whole(share*100)) }

func seconds(s float64) string {
	if !sane(s) {
		s = 0
	}
	return fmt.Sprintf("%.1f s", s)
}

// number prints a count with separators between thousands.
func number(count float64) string {
	digits := fmt.Sprint(whole(math.Abs(count)))
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if whole(count) < 0 {
		return "-" + digits
	}
	return digits
}

// count is a number with its noun; were says that this was done to them.
func count(n float64, noun string) string {
	if whole(n) != 1 {
		noun += "s"
	}
	return number(n) + " " + noun
}

func were(n float64, noun string) string {
	if whole(n) == 1 {
		return count(n, noun) + " was"
	}
	return count(n, noun) + " were"
}

func is(n float64) string {
	if whole(n) == 1 {
		return number(n) + " is"
	}
	return number(n) + " are"
}

func capitalised(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// opening says how the run ended, where that is part of the story.
func (e *evidence) opening() string {
	at, of := "", ""
	if e.limit > 0 {
		at, of = " at "+human(e.limit), " of "+human(e.limit)
	}
	when := fmt.Sprintf(", %s after the load began: ", seconds(e.end))
	switch e.outcome {
	case harness.OutcomeOOMKilled:
		return "Killed by the kernel" + at + when
	case harness.OutcomeHeapExhausted:
		return "Gave up for want of memory, holding " + human(e.top) + when
	case harness.OutcomeFrozen:
		return "Frozen at its memory limit" + of + when
	case harness.OutcomeLimitExceeded:
		return "Killed for passing its memory limit" + of + when
	case harness.OutcomeStalled:
		return "Alive, but nothing moved any more" + when
	case harness.OutcomeCrashed:
		return "Crashed" + e.exitWords() + when
	case harness.OutcomeNeverReady:
		return "Was never ready" + e.exitWords() + ": "
	case harness.OutcomeInterrupted:
		return "The run was interrupted" + when
	}
	return ""
}

// neverReadyWords repeats what the runner saw; nothing was measured that could say more.
func (e *evidence) neverReadyWords() string {
	if event, found := e.rec.First(harness.EventNeverReady); found && event.Text != "" {
		first, _, _ := strings.Cut(strings.TrimSpace(event.Text), "\n") // a compiler says much
		return strings.TrimSuffix(strings.Join(strings.Fields(first), " "), ".")
	}
	return "it ended before the load began"
}

func (e *evidence) exitWords() string {
	switch {
	case e.exit == nil:
		return ""
	case e.exit.Signal != "":
		return " (" + e.exit.Signal + ")"
	case e.exit.Code == harness.CodeUnknown:
		return " or was ended (its exit code is known to its parent alone)"
	}
	return fmt.Sprintf(" (exit code %d)", e.exit.Code)
}

// sentence puts a verdict into words: how it ended, what was seen, where, and what is
// missing to be sure.
func (e *evidence) sentence(found finding, convicted bool, v *harness.Verdict) string {
	text := e.opening()
	if e.outcome == harness.OutcomeNeverReady {
		return text + e.neverReadyWords() + "."
	}
	if _, loaded := e.rec.First(harness.EventLoad); e.outcome == harness.OutcomeInterrupted && !loaded {
		return "The run was interrupted before the load began."
	}
	if text == "" && convicted && e.anon.known() && v.Cause != harness.CauseLostData {
		text = fmt.Sprintf("Survived with a peak of %s, but ", human(e.top))
	}
	text = capitalised(text + found.clause)
	if len(v.Sites) > 0 && convicted {
		text += "; " + e.siteWords(v.Sites[0])
	}
	if words := e.streamWords(v.Stream); words != "" && convicted {
		text += "; " + words
	}
	text += "."
	if !convicted && !v.Engaged {
		text += " This acquits nobody: " + v.EngagedWhy + "."
	}
	if v.Confidence == confidenceLow {
		text += " Confidence is low: " + strings.Join(e.lacking(v), ", ") + "."
	}
	return text
}

func (e *evidence) siteWords(site harness.Site) string {
	place := site.Function
	if site.File != "" {
		place += fmt.Sprintf(" (%s:%d)", base(site.File), site.Line)
	}
	if site.Bytes == 0 {
		return fmt.Sprintf("%s of them stand under %s", percent(site.Share), place)
	}
	if e.isScript() {
		return fmt.Sprintf("%s of what grew in V8's heap was allocated under %s", percent(site.Share), place)
	}
	return fmt.Sprintf("%s of the growth was allocated under %s", percent(site.Share), place)
}

func base(file string) string { return file[strings.LastIndexAny(file, `/\`)+1:] }
