package compose

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

func TestServiceIsReadInAllItsForms(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want Service
	}{
		"short": {"image: shop:1\nports: ['8080:80']\nmem_limit: 256m\ncommand: serve 'a b'",
			Service{Image: "shop:1", Port: 80, Memory: 256 * harness.MiB, Command: []string{"serve", "a b"}}},
		"long": {"build: {context: ./api}\nports: [{target: 8080, published: 80}]\ndeploy: {resources: {limits: {memory: 1.5GB}}}\ncommand: [serve, 8080]",
			Service{Build: "./api", Port: 8080, Memory: 1536 * harness.MiB, Command: []string{"serve", "8080"}}},
		"ports with a protocol and a host":  {"image: a\nports: ['127.0.0.1:5000:53/udp', 80]", Service{Image: "a", Port: 53}},
		"a port that is only exposed":       {"image: a\nexpose: [9000]", Service{Image: "a", Port: 9000}},
		"a range of ports is passed over":   {"image: a\nports: ['3000-3005', '80']", Service{Image: "a", Port: 80}},
		"a mapping of variables":            {"image: a\nenvironment: {A: 1, B: true, C: x y}", Service{Image: "a", Env: map[string]string{"A": "1", "B": "true", "C": "x y"}}},
		"a list of variables":               {"image: a\nenvironment: [A=1=2, B=]", Service{Image: "a", Env: map[string]string{"A": "1=2", "B": ""}}},
		"defaults of variables":             {"image: 'a:${TAG:-1}'\nenvironment: {P: '$$5', D: '${X-}'}", Service{Image: "a:1", Env: map[string]string{"P": "$5", "D": ""}}},
		"bytes without a unit":              {"image: a\nmem_limit: 67108864", Service{Image: "a", Memory: 64 * harness.MiB}},
		"what only the shell knows":         {"image: a\nenvironment: [HOME]\ncommand: run $HOME", Service{Image: "a", Notes: []string{"command depends on ${HOME} and was left out", "environment HOME is the shell's and was left out"}}},
		"a limit that means nothing":        {"image: a\nmem_limit: lots", Service{Image: "a", Notes: []string{`the memory limit "lots" was not understood`}}},
		"a command that is no command line": {"image: a\ncommand: run 'x", Service{Image: "a", Notes: []string{"command was left out: split command line: a quote or backslash is left open"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse("compose.yaml", "", []byte("services:\n  one:\n"+indent(c.text)))
			require.NoError(t, err)
			if c.want.Env == nil {
				c.want.Env = map[string]string{}
			}
			assert.Equal(t, c.want, *got)
		})
	}
}

func indent(text string) (out string) {
	out = "    "
	for _, r := range text {
		out += string(r)
		if r == '\n' {
			out += "    "
		}
	}
	return out + "\n"
}

func TestWhatCannotBeReadIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "it has no services",
		"services: {}":                   "it has no services",
		"services: [":                    "read compose file compose.yaml",
		"services: {a: {}, b: {}}":       "it has several services: name one of a, b",
		"services: {a: {}}":              "names neither an image nor a folder",
		"services: {a: {image: '${X}'}}": "image depends on ${X}",
		"services: 5":                    "read compose file compose.yaml",
	} {
		_, err := parse("compose.yaml", "", []byte(text))
		assert.ErrorContains(t, err, want, text)
	}
	_, err := parse("compose.yaml", "web", []byte("services: {a: {image: x}}"))
	assert.ErrorContains(t, err, `it has no service "web": name one of a`)
}

func TestReadRefusesWhatIsNoFile(t *testing.T) {
	_, err := Read(filepath.Join(t.TempDir(), "none.yaml"), "")
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = Read(t.TempDir(), "")
	assert.ErrorContains(t, err, "is no regular file")
}

func TestWords(t *testing.T) {
	for line, want := range map[string][]string{
		"a b":         {"a", "b"},
		`a 'b c'"d"`:  {"a", "b cd"},
		`a\ b "c\"d"`: {"a b", `c"d`},
		`'a\b' ''`:    {`a\b`, ""},
		"  ":          nil,
	} {
		words, err := Words(line)
		require.NoError(t, err, line)
		assert.Equal(t, want, words, line)
	}
	for _, line := range []string{`a "b`, `a\`} {
		_, err := Words(line)
		assert.Error(t, err, line)
	}
}
