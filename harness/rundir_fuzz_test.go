package harness

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// FuzzReadLines: any file is read or refused, and what is read is one value for each
// whole line, whatever stands behind the last newline.
func FuzzReadLines(f *testing.F) {
	f.Add([]byte(`{"t_seconds": 0.05, "values": {"memory_anon_bytes": 1}}` + "\n" + `{"t_sec`))
	f.Add([]byte("{}\n\n{}\n"))
	f.Add([]byte("null\n[]\n"))
	f.Add([]byte("\x00\r\n"))
	path := filepath.Join(f.TempDir(), samplesFile)
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		values, err := readLines[Sample](path)
		if err != nil {
			return
		}
		if whole := bytes.Count(text, []byte("\n")); len(values) != whole {
			t.Errorf("%d values of %d lines: %q", len(values), whole, text)
		}
		cut := text[:bytes.LastIndexByte(text, '\n')+1]
		if err := os.WriteFile(path, cut, 0o600); err != nil {
			t.Fatal(err)
		}
		if again, err := readLines[Sample](path); err != nil || len(again) != len(values) {
			t.Errorf("without what was cut: %d values, %v; want %d", len(again), err, len(values))
		}
	})
}
