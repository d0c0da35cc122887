package schema

import "github.com/invopop/jsonschema"

// templates is what command, args and env have in common.
const templates = "{{.Source}}, {{.Sink}} and {{.Listen}} are filled in, and the halves of an address: {{.SourceHost}}, {{.SourcePort}}, {{.SinkHost}}, {{.SinkPort}}, and {{.Services.name}}, the host:port of a service."

// serviceTemplates is the same for services.
const serviceTemplates = "{{.Listen}}, where it is to listen, {{.Scratch}}, an empty folder of its own, and {{.Services.name}} of a service before it are filled in."

// descriptions are what an editor shows for a key. They stand here and not in tags
// because a tag cannot hold commas.
var descriptions = map[string]map[string]string{
	"": {
		"version":  "Version of this format.",
		"id":       "Name of the scenario: lower-case letters, digits and dashes.",
		"title":    "One sentence for lists and reports.",
		"source":   "What the program reads. Without one there is no backlog, and the verdict rests on memory.",
		"sink":     "Where the program delivers.",
		"probes":   "Requests for the program's health beside the load, where it listens (http-client, tcp-client).",
		"services": "Other programs that the program needs, started before it in this order.",
		"limits":   "What the program may use.",
		"bound":    "How much an innocent program may hold, whatever the load: its own buffers and kernel buffers on the way.",
		"engages":  "What has to happen before a run can acquit. Default: pressure with a source, else nothing.",
		"expect":   "The result that makes the exit code 0 although nothing was decided.",
		"ready":    "How long the program may take to connect or to listen. Default: 30s.",
		"timeout":  "How long the run may take from the beginning of the load. Default: the sum of its phases, and 120s.",
		"alone":    "No other run goes on beside one of these, whatever --parallel says.",
		"engine":   "Parameters that make sense in one engine only.",
		"runtime":  "What programs of one runtime need otherwise, on top of engine.",
		"variants": "The programs.",
		"claims":   "What is said of the matter: highwater claims holds it against recorded runs.",
		"checks":   "Comparisons that accuse nobody; all must hold.",
	},
	"Source": {
		"rows": "Rows of each connection.",
		"row":  "Length of a row including the newline: one size, or a span. Default: 1KiB.",
		"rate": "Pace per connection. Default: unlimited.",
		"seed": "Decides lengths and contents of rows. Default: 1.",
	},
	"Sink": {
		"kind":           "tcp: the program connects and writes. http: it sends requests, and their bodies are counted. http-client: highwater comes and downloads. tcp-client: highwater comes, sends its opening text, and reads. Default: tcp.",
		"clients":        "How many clients begin at once (http-client, tcp-client). Default: 1, and none where clients arrive in a phase.",
		"repeat":         "Let a client whose connection has ended begin again (http-client, tcp-client).",
		"path":           "What the clients get (http-client). Default: /.",
		"opening":        "Text that each client sends before it reads (tcp-client).",
		"receive-buffer": "Size of each connection's receive buffer (SO_RCVBUF). Default: as the kernel has it.",
		"phases":         "How the sink behaves, one stretch after another.",
	},
	"Phase": {
		"name":        "A word for reports.",
		"for":         "How long the phase lasts.",
		"until":       "drained: the source has ended and everything taken was delivered, or the program has exited.",
		"some":        "Shares of the connections with a behaviour of their own instead; the seed decides which.",
		"arrivals":    "How many further clients come each second (http-client, tcp-client).",
		"leave":       "All connections leave, and none comes again (http-client, tcp-client).",
		"source-rate": "Replaces the rate of the source in this phase.",
	},
	"Trickle": {
		"bytes": "How much is read at a time, at most.",
		"every": "The pause between.",
	},
	"Some": {
		"share": "Part of the connections, more than 0 and at most 1.",
	},
	"Probes": {
		"path":   "What is asked for with GET; an answer of 200 to 299 is health.",
		"every":  "From one probe to the next. Default: 100ms.",
		"within": "How long an answer may take; a later one is a failed probe. Default: 2s.",
	},
	"Service": {
		"name":     "What {{.Services.name}} says: lower-case letters and digits.",
		"postgres": "A PostgreSQL, empty at the beginning of each run: the one that DATABASE_URL names to highwater, an image, or this machine's own installation. DATABASE_URL tells the program.",
		"go":       "Main package of a published Go module and its version, path@version.",
		"image":    "Reference of a container image.",
		"command":  "A program on this machine and its arguments; beside image, what the container runs. " + serviceTemplates,
		"args":     "Arguments; " + serviceTemplates,
		"env":      "Environment variables; " + serviceTemplates,
		"port":     "Port that the service listens on. Default: left to the engine, which tells it by {{.Listen}} and HIGHWATER_LISTEN.",
		"ready":    "How long it may take until it accepts connections. Default: 30s.",
	},
	"Postgres": {
		"setup": "File of SQL that is run before the program starts.",
		"image": "Image to use where the engine has it, or can get it and this machine has no PostgreSQL.",
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
	"RuntimeOverride": {
		"source":  "Replaces what it sets of the source.",
		"sink":    "Replaces what it sets of the sink; phases are replaced together.",
		"limits":  "Replaces what it sets of the limits.",
		"bound":   "Replaces the bound.",
		"timeout": "Replaces the timeout.",
		"engine":  "What these programs need in one engine only, on top of that.",
	},
	"Node": {
		"script":  "The file that is run. A package.json in its folder, or above it inside this file's, is installed with what its lock file names.",
		"version": "Version of Node.js, whole or its first parts, such as \"22\". Default: the one in PATH.",
	},
	"Variant": {
		"name":          "Name to select by, such as go/broken.",
		"role":          "broken: must be convicted as declared. fixed: must be acquitted. subject: a program of your own. Default: subject.",
		"go":            "Folder of a main package; it is built with a debug port added.",
		"node":          "A script of Node.js, or {script, version}; it runs with its inspector open.",
		"sink-kind":     "Replaces the kind of the scenario's sink; its phases are the same for all.",
		"image":         "Reference of a container image.",
		"build":         "Folder with a Dockerfile.",
		"command":       "A program on this machine and its arguments, started in this file's folder; beside image or build, what the container runs. " + templates,
		"args":          "Arguments; " + templates,
		"env":           "Environment variables; " + templates,
		"listen":        "Port that the program serves on (http-client). Default: 8080 in a container, a free port on this machine (HIGHWATER_LISTEN tells it).",
		"debug-port":    "Port on which the program itself serves /debug/pprof.",
		"inspect-port":  "Port on which a program of Node.js has its inspector, as by --inspect, or in a container --inspect=0.0.0.0:9229.",
		"user":          "User that the program runs as in its container; 0 is root, without capabilities.",
		"writable-root": "Let the program write to its container's root file system.",
		"convict":       "The verdict that a broken variant must get.",
		"limits":        "Replaces what it sets of the scenario's limits.",
		"bound":         "Replaces the scenario's bound.",
	},
	"Claim": {
		"said":      "The claim, as people say it.",
		"holds":     "Whether it was found to hold.",
		"of":        "Name of the variant whose run decides.",
		"outcome":   "How that run ends where the claim holds.",
		"acquitted": "The claim is that the run is acquitted.",
		"metric":    "The figure that decides, as in a check.",
		"over":      "Name of another variant: the ratio of both figures decides.",
		"min":       "The least with which the claim holds.",
		"max":       "The most with which the claim holds.",
	},
	"Check": {
		"metric": "The figure of a run that is compared.",
		"of":     "Name of the variant that is checked.",
		"over":   "Name of another variant: the ratio of both figures is checked instead of the figure itself.",
		"min":    "The least that is allowed.",
		"max":    "The most that is allowed.",
	},
	"Conviction": {
		"cause": "Why the program fails.",
		"site":  "The guilty function without its package, such as (*queue).Write.",
	},
}

// behaviours are the keys that phases and shares of connections have in common.
var behaviours = map[string]string{
	"rate":             "How fast each sink connection reads. Default: unlimited.",
	"stop-reading":     "Leave everything in the receive queue: the window closes, nothing is dropped.",
	"stall-after":      "Read so many bytes of each connection, and then no more.",
	"latency":          "Wait before each read.",
	"jitter":           "The latency varies by up to so much, either way; the seed decides.",
	"trickle":          "Read few bytes at a time, with a pause between.",
	"half-close-after": "Close the sending side once so many bytes were read, and read on.",
	"disconnect-after": "Leave in order once so many bytes were read.",
	"reset-after":      "Leave with a reset (RST) once so many bytes were read.",
	"slow-accept":      "Let a connection wait before it is accepted (tcp, http).",
}

// describe puts the descriptions in.
func describe(root *jsonschema.Schema) {
	for key, text := range behaviours {
		descriptions["Phase"][key], descriptions["Some"][key] = text, text
	}
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
