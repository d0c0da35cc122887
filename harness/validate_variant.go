package harness

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (v *validator) variants() {
	if v.has("variants") && len(v.scenario.Variants) == 0 {
		v.failAt("variants", "there is no variant", "want at least one program, such as {name: my-service, image: my-service:latest}")
	}
	first := map[string]string{}
	for i, variant := range v.scenario.Variants {
		path := fmt.Sprintf("variants[%d]", i)
		if !v.has(path) {
			continue
		}
		v.ownKind = variant.SinkKind
		v.variantName(path, variant, first)
		v.program(path, variant)
		v.conviction(path, variant)
		v.limits(path+".limits", variant.Limits, false)
		v.boundBelow(path+".bound", variant.Bound, memoryOf(variant.Limits, v.runtimeLimits("runtime."+variant.Runtime()), &v.scenario.Limits))
		v.ports(path, variant)
		v.fillIns(path, variant)
	}
	v.ownKind = ""
}

// variantName: names are selected by, and their FileName names run directories.
func (v *validator) variantName(path string, variant Variant, first map[string]string) {
	if !v.has(path + ".name") {
		return
	}
	if !variantPattern.MatchString(variant.Name) {
		v.failAt(path+".name", fmt.Sprintf("%q is not a name", variant.Name), "want words of letters, digits, dots and dashes with / between them, such as go/broken")
		return
	}
	if other, repeated := first[variant.FileName()]; repeated {
		v.failAt(path+".name", fmt.Sprintf("%q is too close to the variant %q: their runs would share a folder", variant.Name, other), "want a name of its own")
		return
	}
	first[variant.FileName()] = variant.Name
}

// conviction: a broken variant proves the detector, so it declares what must be found.
func (v *validator) conviction(path string, variant Variant) {
	role, convict := variant.Role, path+".convict"
	if v.bad[path+".role"] {
		return
	}
	undecided := v.scenario.Expect == Inconclusive || v.bad["expect"]
	if role == RoleBroken && v.absent(convict) && !undecided {
		v.failAt(path, "a broken variant does not say what it must be convicted of", "add convict: {cause: unbounded-buffer, site: '(*queue).Write'}")
	}
	if role != RoleBroken && !v.absent(convict) {
		v.failAt(convict, "only a broken variant is convicted", "want role: broken, or drop this key")
	}
}

func (v *validator) ports(path string, variant Variant) {
	for _, port := range []struct {
		key    string
		number int
	}{{"listen", variant.Listen}, {"debug-port", variant.DebugPort}, {"inspect-port", variant.InspectPort}} {
		if key := join(path, port.key); v.has(key) && (port.number < 1 || port.number > 65535) {
			v.failAt(key, fmt.Sprintf("%d is not a port", port.number), "want 1 to 65535, such as 8080")
		}
	}
	if v.has(path+".listen") && !v.comes() {
		v.failAt(path+".listen", "nobody connects to the program", "drop this key, or want sink.kind: http-client or tcp-client")
	}
	for key, number := range map[string]int{"debug-port": variant.DebugPort, "inspect-port": variant.InspectPort} {
		if v.has(join(path, key)) && number == variant.Listen && v.has(path+".listen") {
			v.failAt(join(path, key), "the port is the one of listen", "want a port of its own")
		}
	}
	if inspect := path + ".inspect-port"; v.has(inspect) && (v.has(path+".debug-port") || variant.Runtime() != "") {
		v.failAt(inspect, "the runtime tells its figures elsewhere already", "drop this key: it is for images and commands that run Node.js")
	}
}

// fillIns checks arguments and variables, and the templates in them.
func (v *validator) fillIns(path string, variant Variant) {
	for i, word := range variant.Command {
		v.template(fmt.Sprintf("%s.command[%d]", path, i), word)
	}
	for i, arg := range variant.Args {
		v.template(fmt.Sprintf("%s.args[%d]", path, i), arg)
	}
	for _, name := range slices.Sorted(maps.Keys(variant.Env)) {
		key := path + ".env." + name
		if !envPattern.MatchString(name) {
			v.fail(v.keys[key], label(path+".env")+fmt.Sprintf("%q is not the name of a variable", name), "want letters, digits and underscores, not a digit first")
		}
		if strings.HasPrefix(name, "HIGHWATER_") {
			v.fail(v.keys[key], label(path+".env")+name+" is set by highwater", "drop it; to hand it on under another name: MY_SOURCE: '{{.Source}}'")
		}
		v.template(key, variant.Env[name])
	}
}

func (v *validator) template(path, text string) {
	if !v.has(path) {
		return
	}
	fields, err := templateFields(text)
	if err != nil {
		v.failAt(path, err.Error(), "want text with {{.Source}}, {{.Sink}}, {{.Listen}} or {{.Services.name}} in it, or with SourceHost, SourcePort, SinkHost, SinkPort")
		return
	}
	for _, name := range fields {
		service, isService := strings.CutPrefix(name, "Services.")
		switch {
		case isService && !v.isService(service, len(v.scenario.Services)):
			v.failAt(path, fmt.Sprintf("there is no service %q", service), "add it to services, or drop it")
		case name == "Scratch":
			v.failAt(path, "{{.Scratch}} would be empty: it is a folder of a service", "drop it")
		case strings.HasPrefix(name, "Source") && v.absent("source"):
			v.failAt(path, "{{."+name+"}} would be empty: the scenario has no source", "add a source, or drop it")
		case name == "Listen" && !v.comes():
			v.failAt(path, "{{.Listen}} would be empty: nobody connects to the program", "want sink.kind: http-client or tcp-client, or {{.Sink}}")
		case strings.HasPrefix(name, "Sink") && v.kind().Comes():
			v.failAt(path, "{{."+name+"}} would be empty: the sink comes and downloads", "want {{.Listen}}")
		}
	}
}
