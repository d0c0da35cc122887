package harness

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	// servicePattern: a name is a field of templates and a host name.
	servicePattern = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	// publishedPattern is a package of a module that has a host, at a version.
	publishedPattern = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9._~-]+)+@v[0-9][A-Za-z0-9.+-]*$`)
)

// serviceKinds are the keys that say what a service is.
var serviceKinds = []string{"postgres", "go", "image", "command"}

func (v *validator) services() {
	databases := 0
	for i, service := range v.scenario.Services {
		path := fmt.Sprintf("services[%d]", i)
		if !v.has(path) {
			continue
		}
		v.serviceName(path, i, service)
		v.serviceKind(path, service)
		v.span(path+".ready", service.Ready)
		if v.has(path+".port") && (service.Port < 1 || service.Port > 65535) {
			v.failAt(path+".port", fmt.Sprintf("%d is not a port", service.Port), "want 1 to 65535, such as 9000")
		}
		v.serviceFillIns(path, i, service)
		if service.Postgres != nil {
			databases++
		}
		if databases > 1 && service.Postgres != nil {
			v.failAt(path, "a second database stands here, and DATABASE_URL names one", "keep one")
		}
	}
}

// reservedHosts are names of others on a run's network.
var reservedHosts = []string{"peer", "program", "localhost"}

func (v *validator) serviceName(path string, i int, service Service) {
	switch {
	case !v.has(path + ".name"):
	case !servicePattern.MatchString(service.Name) || contains(reservedHosts, service.Name):
		v.failAt(path+".name", fmt.Sprintf("%q is not the name of a service", service.Name),
			"want lower-case letters and digits, and not "+strings.Join(reservedHosts, ", ")+", such as objects")
	case v.isService(service.Name, i):
		v.failAt(path+".name", fmt.Sprintf("%q is the name of another service", service.Name), "want a name of its own")
	}
}

// isService says whether one of the first services has that name.
func (v *validator) isService(name string, first int) bool {
	return slices.ContainsFunc(v.scenario.Services[:first], func(s Service) bool { return s.Name == name })
}

// serviceKind checks that a service says once what it is.
func (v *validator) serviceKind(path string, service Service) {
	if !v.oneKind(path, "service", serviceKinds, "image") {
		return
	}
	if v.has(path+".go") && !publishedPattern.MatchString(service.Go) {
		v.failAt(path+".go", fmt.Sprintf("%q is not a main package of a published module", service.Go),
			"want its path and version, such as github.com/versity/versitygw/cmd/versitygw@v1.8.0")
	}
	if service.Postgres != nil {
		v.localProgram(path+".postgres.setup", service.Postgres.Setup, sqlFile)
		for _, key := range []string{"args", "env", "port"} {
			if v.has(join(path, key)) {
				v.failAt(join(path, key), "a postgres service is started by highwater", "drop this key; DATABASE_URL tells the program")
			}
		}
	}
}

// serviceFillIns checks what highwater fills in for a service.
func (v *validator) serviceFillIns(path string, i int, service Service) {
	for n, word := range service.Command {
		v.serviceTemplate(fmt.Sprintf("%s.command[%d]", path, n), i, word)
	}
	for n, arg := range service.Args {
		v.serviceTemplate(fmt.Sprintf("%s.args[%d]", path, n), i, arg)
	}
	for _, name := range slices.Sorted(maps.Keys(service.Env)) {
		key := path + ".env." + name
		if !envPattern.MatchString(name) {
			v.fail(v.keys[key], label(path+".env")+fmt.Sprintf("%q is not the name of a variable", name), "want letters, digits and underscores, not a digit first")
		}
		v.serviceTemplate(key, i, service.Env[name])
	}
}

func (v *validator) serviceTemplate(path string, i int, text string) {
	if !v.has(path) {
		return
	}
	fields, err := templateFields(text)
	remedy := "want text with {{.Listen}}, {{.Scratch}} or {{.Services.name}} of a service before this one in it"
	if err != nil {
		v.failAt(path, err.Error(), remedy)
		return
	}
	for _, name := range fields {
		other, isService := strings.CutPrefix(name, "Services.")
		if name != "Listen" && name != "Scratch" && !(isService && v.isService(other, i)) {
			v.failAt(path, "{{."+name+"}} would be empty in a service", remedy)
		}
	}
}
