package harness

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Bytes is a size in bytes. In files it is written with a unit: 256MiB, 1KiB, 400B.
type Bytes int64

// Rate is a speed in bytes per second. In files it is written 2MiB/s; zero, written
// "unlimited", means unthrottled.
type Rate int64

// Duration is a span of time, written as Go writes it: 6s, 1m30s, 250ms.
type Duration time.Duration

const (
	KiB Bytes = 1 << 10
	MiB Bytes = 1 << 20
	GiB Bytes = 1 << 30
)

// byteUnits are the legal suffixes; longer ones come first because parsing takes the
// first that fits.
var byteUnits = []struct {
	suffix string
	factor int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
	{"kB", 1000}, {"KB", 1000}, {"MB", 1000 * 1000}, {"GB", 1000 * 1000 * 1000},
	{"B", 1},
}

const sizeHelp = "want a whole or decimal number and one of B, KiB, MiB, GiB (or kB, MB, GB), such as 256MiB"

// ParseBytes reads a size such as 256MiB. A number without a unit is refused: a
// reader cannot know what was meant.
func ParseBytes(text string) (Bytes, error) {
	trimmed := strings.TrimSpace(text)
	for _, unit := range byteUnits {
		number, found := strings.CutSuffix(trimmed, unit.suffix)
		if !found {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		size := math.Round(value * float64(unit.factor))
		if err != nil || math.IsNaN(size) || size < 0 || size >= math.MaxInt64 {
			return 0, fmt.Errorf("size %q: %s", text, sizeHelp)
		}
		return Bytes(size), nil
	}
	return 0, fmt.Errorf("size %q has no unit: %s", text, sizeHelp)
}

// String prints a size exactly, in the largest unit that divides it.
func (b Bytes) String() string {
	for _, unit := range []struct {
		suffix string
		factor Bytes
	}{{"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}} {
		if b != 0 && b%unit.factor == 0 {
			return fmt.Sprintf("%d%s", b/unit.factor, unit.suffix)
		}
	}
	return fmt.Sprintf("%dB", int64(b))
}

// Human prints a size for people: three significant digits, binary units.
func (b Bytes) Human() string {
	value, sign := float64(b), ""
	if value < 0 {
		value, sign = -value, "-"
	}
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for value >= 1000 && i < len(units)-1 {
		value /= 1024
		i++
	}
	switch {
	case i == 0 || value >= 100:
		return fmt.Sprintf("%s%.0f %s", sign, value, units[i])
	case value >= 10:
		return fmt.Sprintf("%s%.1f %s", sign, value, units[i])
	}
	return fmt.Sprintf("%s%.2f %s", sign, value, units[i])
}

func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

func (b *Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = ParseBytes(string(text))
	return err
}

// ParseRate reads a rate such as 2MiB/s, or "unlimited".
func ParseRate(text string) (Rate, error) {
	if strings.TrimSpace(text) == "unlimited" {
		return 0, nil
	}
	size, found := strings.CutSuffix(strings.TrimSpace(text), "/s")
	if !found {
		return 0, fmt.Errorf("rate %q does not end in /s: want a size per second such as 2MiB/s, or unlimited", text)
	}
	value, err := ParseBytes(size)
	if err != nil {
		return 0, fmt.Errorf("rate %q: want a size per second such as 2MiB/s, or unlimited", text)
	}
	if value == 0 {
		return 0, errors.New("rate 0 would never move a byte: want a size per second such as 2MiB/s, unlimited, or stop-reading: true")
	}
	return Rate(value), nil
}

func (r Rate) String() string {
	if r == 0 {
		return "unlimited"
	}
	return Bytes(r).String() + "/s"
}

func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

func (r *Rate) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRate(string(text))
	return err
}

func (d Duration) String() string { return time.Duration(d).String() }

// Seconds is the span in seconds.
func (d Duration) Seconds() float64 { return time.Duration(d).Seconds() }

func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d *Duration) UnmarshalText(text []byte) error {
	span, err := time.ParseDuration(string(text))
	if err != nil || span < 0 {
		return fmt.Errorf("duration %q: want a number and one of ms, s, m, h, such as 6s or 1m30s", text)
	}
	*d = Duration(span)
	return nil
}

// RowSize is the length of the source's rows including the newline: one size, or a
// span "400B..1000B" from which each row's length is drawn evenly by the seed.
type RowSize struct{ Min, Max Bytes }

// Mean is the expected length of a row in bytes.
func (r RowSize) Mean() float64 { return float64(r.Min+r.Max) / 2 }

func (r RowSize) String() string {
	if r.Min == r.Max {
		return r.Min.String()
	}
	return r.Min.String() + ".." + r.Max.String()
}

func (r RowSize) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

func (r *RowSize) UnmarshalText(text []byte) error {
	low, high, span := strings.Cut(string(text), "..")
	if !span {
		high = low
	}
	var err error
	if r.Min, err = ParseBytes(low); err != nil {
		return fmt.Errorf("row %w, or a span such as 400B..1000B", err)
	}
	if r.Max, err = ParseBytes(high); err != nil {
		return fmt.Errorf("row %w, or a span such as 400B..1000B", err)
	}
	if r.Min < MinRow || r.Max < r.Min || r.Max > MaxRow {
		return fmt.Errorf("row %q: want sizes from %s to %s, the smaller first", text, MinRow, MaxRow)
	}
	return nil
}

// MinRow leaves room for stream, sequence number and check; MaxRow keeps a row within
// what line readers accept without tuning.
const (
	MinRow Bytes = 48
	MaxRow Bytes = 16 * MiB
)
