package analysis

import "strings"

// standard are the top-level directories of Go's standard library.
var standard = map[string]bool{}

func init() {
	for _, name := range strings.Fields(`archive arena bufio builtin bytes cmd cmp compress container context
		crypto database debug embed encoding errors expvar flag fmt go hash html image index internal io iter
		log maps math mime net os path plugin reflect regexp runtime simd slices sort strconv strings structs
		sync syscall testing text time unicode unique unsafe vendor weak type`) {
		standard[name] = true
	}
}

// debugPrefix begins the names of what highwater's debug port adds to a Go program.
const debugPrefix = "highwaterDebug"

// isUser says whether a function belongs to the program under test: not to a standard
// library, a runtime, a dependency, or to what highwater itself put in.
func isUser(name, file string) bool {
	if strings.Contains(name, debugPrefix) || strings.HasSuffix(file, "zz_highwater_debug.go") {
		return false
	}
	for _, mark := range []string{"/pkg/mod/", "/vendor/", "node_modules/", "@v"} {
		if strings.Contains(file, mark) {
			return false
		}
	}
	if isScriptFile(file) {
		return true
	}
	if name == "" || strings.HasPrefix(file, "node:") || file == "(native)" || name[0] == '(' {
		return false
	}
	first := name
	if i := strings.IndexAny(name, "./:"); i >= 0 {
		first = name[:i]
	} else {
		return false // assembly and C names have no package
	}
	return !standard[first]
}

func isScriptFile(file string) bool {
	if strings.HasPrefix(file, "node:") {
		return false
	}
	for _, ending := range []string{".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"} {
		if strings.HasSuffix(file, ending) {
			return true
		}
	}
	return strings.HasPrefix(file, "file:")
}
