package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"text/template"

	"github.com/highwater-dev/highwater/harness"
)

// text is the scenario.yaml of a draft, for the folder dir.
func (d *draft) text(dir string) ([]byte, error) {
	var out bytes.Buffer
	shown := struct {
		draft
		Dir       string
		Bound     harness.Bytes
		Clients   int
		Slow      harness.Rate
		For, Gone harness.Duration
	}{*d, asArgument(dir), max(leastBound, boundPerClient*usualClients), usualClients, usualRate, harness.Duration(usualSpan), harness.Duration(goneFor)}
	shown.Memory = cmp.Or(d.Memory, 256*harness.MiB)
	if shown.Bound >= shown.Memory {
		shown.Bound = shown.Memory / 4
	}
	err := draftTemplate.Execute(&out, shown)
	return out.Bytes(), err
}

// quoted is a value as YAML reads it on one line; all JSON is YAML.
func quoted(value any) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return string(bytes.TrimSpace(out.Bytes())), err
}

var draftTemplate = template.Must(template.New(harness.ScenarioFile).Funcs(template.FuncMap{"quoted": quoted}).Parse(
	`# Slow clients download from a program under a memory limit, and leave it again.
# Edit what is marked with EDIT, then: highwater run {{.Dir}}
# All keys: highwater schema scenario. Examples: highwater list.
version: 1
id: {{.ID}}
title: Slow clients of {{.Name}}

# There is no source here: what the program reads comes from elsewhere, and the verdict
# rests on memory. With a source (rows that highwater offers at HIGHWATER_SOURCE) the
# backlog is counted, too, and the cause can be named:
# source: {rows: 2000000, row: 1KiB, rate: 40MiB/s}

sink:
  kind: http-client # the clients come; a program that delivers by itself wants kind: tcp
  path: / # EDIT: a path that answers 200 with a long body, such as /export
  clients: {{.Clients}}
  repeat: true # one whose answer has ended asks again
  phases:
    - {name: slow, for: {{.For}}, rate: {{.Slow}}}
    - {name: gone, for: {{.Gone}}, leave: true} # what stays now was kept for nobody

limits: {memory: {{.Memory}}, cpus: 1}
# How much an innocent program may hold for all clients, kernel buffers included.
bound: {{.Bound}} # EDIT if each client costs more than 1MiB, as with a process for each
engages: pressure # it is acquitted only when the clients did push back

variants:
  - name: {{.Name}}
    role: subject
{{- with .Image}}
    image: {{quoted .}}
{{- end}}
{{- with .Build}}
    build: {{quoted .}}
{{- end}}
{{- with .Command}}
    command: {{quoted .}}
{{- end}}
{{- if .Port}}
    listen: {{.Port}}
{{- else if or .Image .Build}}
    listen: 8080 # EDIT: the port that it serves on
{{- else}}
    # EDIT: it is told where to listen, as ":PORT", by HIGHWATER_LISTEN; or by an argument:
    # args: ["--listen", "{{"{{.Listen}}"}}"]
    # or name the port that it always uses: listen: 8080
{{- end}}
    # debug-port: 6060 # if it serves /debug/pprof there: heap profiles, and the guilty function
    # inspect-port: 9229 # if it is Node.js, started with --inspect (in a container --inspect=0.0.0.0:9229): the same, and its streams
{{- if or .Image .Build}}
    # user: "0" # if it has to run as root; writable-root: true if it writes to its own files
{{- end}}
{{- if .Env}}
    env:
{{- range $name, $value := .Env}}
      {{$name}}: {{quoted $value}}
{{- end}}
{{- end}}
{{- range .Hidden}}
    # EDIT: {{.}} looks like a secret and was not copied; if it is needed, add under env
    #   {{.}}: a value made for tests
{{- end}}
{{- range .Notes}}
    # EDIT: {{.}}
{{- end}}
`))
