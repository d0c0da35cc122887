package schema

import "github.com/invopop/jsonschema"

// templates is what command, args and env have in common.
const templates = "{{.Source}}, {{.Sink}} and {{.Listen}} are filled in, and the halves of an address: {{.SourceHost}}, {{.SourcePort}}, {{.SinkHost}}, {{.SinkPort}}."

// descriptions are what an editor shows for a key. They stand here and not in tags
// because a tag cannot hold commas.
var descriptions = map[string]map[string]string{
	"": {
		"version":  "Version of this format.",
		"id":       "Name of the scenario: lower-case letters, digits and dashes.",
		"title":    "One sentence for lists and reports.",
		"source":   "What the program reads. Without one there is no backlog, and the verdict rests on memory.",
		"sink":     "Where the program delivers.",
		"limits":   "What the program may use.",
		"bound":    "How much an innocent program may hold, whatever the load: its own buffers and kernel buffers on the way.",
		"engages":  "What has to happen before a run can acquit. Default: pressure with a source, else nothing.",
		"expect":   "The result that makes the exit code 0 although nothing was decided.",
		"ready":    "How long the program may take to connect or to listen. Default: 30s.",
		"timeout":  "How long the run may take from the beginning of the load. Default: the sum of its phases, and 120s.",
		"engine":   "Parameters that make sense in one engine only.",
		"variants": "The programs.",
	},
	"Source": {
		"rows": "Rows of each connection.",
		"row":  "Length of a row including the newline: one size, or a span. Default: 1KiB.",
		"rate": "Pace per connection. Default: unlimited.",
		"seed": "Decides lengths and contents of rows. Default: 1.",
	},
	"Sink": {
		"kind":           "tcp: the program connects and writes. http-client: highwater comes and downloads. Default: tcp.",
		"clients":        "How many downloads run at once (http-client). Default: 1.",
		"path":           "What the clients get (http-client). Default: /.",
		"receive-buffer": "Size of each connection's receive buffer (SO_RCVBUF). Default: as the kernel has it.",
		"phases":         "How the sink behaves, one stretch after another.",
	},
	"Phase": {
		"name":         "A word for reports.",
		"for":          "How long the phase lasts.",
		"until":        "drained: the source has ended and everything taken was delivered, or the program has exited.",
		"rate":         "How fast each sink connection reads. Default: unlimited.",
		"stop-reading": "Leave everything in the receive queue: the window closes, nothing is dropped.",
		"source-rate":  "Replaces the rate of the source in this phase.",
	},
	"Limits": {
		"memory": "Memory limit.",
		"cpus":   "Processors. Default: 1.",
		"pids":   "Processes and threads (docker). Default: 512.",
	},
	"Override": {
		"source":  "Replaces what it sets of the source.",
		"sink":    "Replaces what it sets of the sink; phases are replaced together.",
		"limits":  "Replaces what it sets of the limits.",
		"bound":   "Replaces the bound.",
		"timeout": "Replaces the timeout.",
	},
	"Variant": {
		"name":          "Name to select by, such as go/broken.",
		"role":          "broken: must be convicted as declared. fixed: must be acquitted. subject: a program of your own. Default: subject.",
		"go":            "Folder of a main package; it is built with a debug port added.",
		"node":          "A Node script.",
		"image":         "Reference of a container image.",
		"build":         "Folder with a Dockerfile.",
		"command":       "A program on this machine and its arguments, started in this file's folder; beside image or build, what the container runs. " + templates,
		"args":          "Arguments; " + templates,
		"env":           "Environment variables; " + templates,
		"listen":        "Port that the program serves on (http-client). Default: 8080 in a container, a free port on this machine (HIGHWATER_LISTEN tells it).",
		"debug-port":    "Port on which the program itself serves /debug/pprof.",
		"user":          "User that the program runs as in its container; 0 is root, without capabilities.",
		"writable-root": "Let the program write to its container's root file system.",
		"convict":       "The verdict that a broken variant must get.",
		"limits":        "Replaces what it sets of the scenario's limits.",
		"bound":         "Replaces the scenario's bound.",
	},
	"Conviction": {
		"cause": "Why the program fails.",
		"site":  "The guilty function without its package, such as (*queue).Write.",
	},
}

// describe puts the descriptions in.
func describe(root *jsonschema.Schema) {
	for name, keys := range descriptions {
		object := root
		if name != "" {
			object = root.Definitions[name]
		}
		for key, text := range keys {
			if property, found := object.Properties.Get(key); found {
				property.Description = text
			}
		}
	}
}
