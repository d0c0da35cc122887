package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// programKinds are the keys that say what a program is.
var programKinds = []string{"go", "node", "image", "build", "command"}

// program checks that a variant says once what it is, and that it is there.
func (v *validator) program(path string, variant Variant) {
	if !v.oneKind(path, "variant", programKinds, "image", "build") {
		return
	}
	v.localProgram(path+".go", variant.Go, goPackage)
	v.node(path+".node", variant.Node)
	v.localProgram(path+".build", variant.Build, dockerFolder)
	if v.has(path+".image") && (variant.Image == "" || strings.ContainsAny(variant.Image, " \t\n")) {
		v.failAt(path+".image", fmt.Sprintf("%q is not the reference of an image", variant.Image), "want one such as my-service:latest")
	}
	if v.has(path+".command") && (len(variant.Command) == 0 || variant.Command[0] == "") {
		v.failAt(path+".command", "the command is empty", "want a program and its arguments, such as [./export, --all]")
	}
}

// oneKind checks that a variant or service says once what it is; a command may stand
// beside some of the other kinds.
func (v *validator) oneKind(path, what string, legal []string, besideCommand ...string) bool {
	kinds := slices.DeleteFunc(slices.Clone(legal), func(key string) bool { return v.absent(join(path, key)) })
	beside := len(kinds) == 2 && kinds[1] == "command" && contains(besideCommand, kinds[0])
	switch {
	case len(kinds) == 0:
		v.failAt(path, "the "+what+" has no program", "add one of "+strings.Join(legal, ", "))
	case len(kinds) > 1 && !beside:
		v.failAt(path, "the "+what+" has several programs: "+strings.Join(kinds, ", "), "keep one of them; command may stand beside "+strings.Join(besideCommand, " or "))
	default:
		return true
	}
	return false
}

// localProgram checks a path of the file: inside the folder, and what it should be.
func (v *validator) localProgram(path, relative string, check func(string) (problem, remedy string)) {
	if !v.has(path) {
		return
	}
	absolute, problem := inside(v.scenario.Dir, relative)
	if problem != "" {
		v.failAt(path, problem, "want a relative path that stays in the folder of the scenario, such as ./go/broken")
		return
	}
	if problem, remedy := check(absolute); problem != "" {
		v.failAt(path, fmt.Sprintf("%q %s", relative, problem), remedy)
	}
}

// inside resolves a path against a folder; the problem says why it leads out of it.
// What does not exist yet is inside if its name is.
func inside(dir, relative string) (absolute, problem string) {
	native := filepath.FromSlash(relative)
	if native == "" {
		return "", "no path is given"
	}
	if !filepath.IsLocal(native) {
		return "", fmt.Sprintf("%q leads out of the folder", relative)
	}
	absolute = filepath.Join(dir, native)
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return absolute, ""
	}
	target, err := filepath.EvalSymlinks(absolute)
	if err != nil {
		return absolute, ""
	}
	if within, err := filepath.Rel(root, target); err != nil || !filepath.IsLocal(within) {
		return "", fmt.Sprintf("%q leads out of the folder, through a link", relative)
	}
	return absolute, ""
}

func goPackage(folder string) (problem, remedy string) {
	remedy = "want the folder of a main package, not a file"
	entries, err := os.ReadDir(folder)
	if err != nil {
		return missingOr(err, "is not a folder"), remedy
	}
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			return "", ""
		}
	}
	return "holds no Go files", remedy
}

// node checks a script, which may stand as a mapping's key or alone.
func (v *validator) node(path string, node *Node) {
	if node == nil || !v.has(path) {
		return
	}
	script := path
	if v.has(path + ".script") {
		script = path + ".script"
	}
	if !v.bad[path+".script"] {
		v.localProgram(script, node.Script, nodeScript)
	}
}

func nodeScript(file string) (problem, remedy string) {
	if problem := noFile(file); problem != "" {
		return problem, "want a script, such as ./node/export.mjs"
	}
	if !contains([]string{".js", ".mjs", ".cjs"}, filepath.Ext(file)) {
		return "is not a script", "want a file that ends in .mjs, .js or .cjs"
	}
	return "", ""
}

func dockerFolder(folder string) (problem, remedy string) {
	remedy = "want a folder with a Dockerfile"
	if _, err := os.Stat(folder); err != nil {
		return missingOr(err, "cannot be read"), remedy
	}
	if info, err := os.Stat(filepath.Join(folder, "Dockerfile")); err != nil || !info.Mode().IsRegular() {
		return "holds no Dockerfile", remedy
	}
	return "", ""
}

func sqlFile(file string) (problem, remedy string) {
	return noFile(file), "want a file of SQL, such as ./seed.sql"
}

// noFile is why a path is not that of a regular file, or empty.
func noFile(path string) string {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return missingOr(err, "cannot be read")
	case !info.Mode().IsRegular():
		return "is not a file"
	}
	return ""
}

func missingOr(err error, other string) string {
	if os.IsNotExist(err) {
		return "does not exist"
	}
	return other
}
