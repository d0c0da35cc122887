package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLastWords(t *testing.T) {
	stack := strings.Repeat("\tmain.go:1 +0x1\n", 40)
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":               {" \n", nil},
		"few lines":             {"one\ntwo\n", []string{"one", "two"}},
		"the last of many":      {"1\n2\n3\n4\n5\n6\n", []string{"2", "3", "4", "5", "6"}},
		"why stands far up":     {"before\npanic: no space left\n\ngoroutine 8 [running]:\n" + stack, []string{"panic: no space left", "", "goroutine 8 [running]:", "\tmain.go:1 +0x1", "\tmain.go:1 +0x1"}},
		"why stands at the end": {"1\n2\n3\n4\n5\nTypeError: x is not a function\n", []string{"2", "3", "4", "5", "TypeError: x is not a function"}},
		"the place stands before": {"Debugger attached.\nfile:///app/export.mjs:2\nres.end( }\n         ^\n\nSyntaxError: Unexpected token '}'\n    at compile (node:internal:1:1)\n\nNode.js v22.1.0\n",
			[]string{"file:///app/export.mjs:2", "res.end( }", "         ^", "", "SyntaxError: Unexpected token '}'", "    at compile (node:internal:1:1)", "", "Node.js v22.1.0"}},
		"colours are dropped": {"\x1b[31mred\x1b[0m\n", []string{"[31mred[0m"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "stderr.log")
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o644))
			assert.Equal(t, c.want, tail(path))
		})
	}
}
