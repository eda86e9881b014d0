package load

import (
	"go/version"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// isMainModule reports whether the go command that runs in the folder from takes the module
// in root for one whose packages it may be asked for: the module that it runs in or, in a
// workspace, each that go.work uses. What is unusual about a workspace is left to the go
// command.
func isMainModule(from, dir, root string) bool {
	work, known := goWork(from)
	if nested, _ := goWork(dir); !known || work != nested {
		return false // exportData runs in dir
	}
	if work == "" {
		main, found := folderAbove(from, "go.mod")
		return found && main == root
	}
	return isUsedPlainly(work, root)
}

// goWork names the file go.work that the go command reads in a folder: none if the name is
// empty.
func goWork(dir string) (name string, known bool) {
	setting := os.Getenv("GOWORK")
	if setting == "" {
		settings, known := goSettings()
		if !known {
			return "", false
		}
		setting = settings["GOWORK"]
	}
	switch setting {
	case "off":
		return "", true
	case "", "auto":
		folder, found := folderAbove(dir, "go.work")
		if !found {
			return "", true
		}
		return filepath.Join(folder, "go.work"), true
	}
	return filepath.Clean(setting), filepath.IsAbs(setting)
}

// isUsedPlainly reports whether a workspace uses the module in root, and has nothing that
// the go command refuses or that changes what packages are. One module that is refused
// keeps the go command from all others.
func isUsedPlainly(name, root string) bool {
	content, err := os.ReadFile(name)
	if err != nil {
		return false
	}
	work, err := modfile.ParseWork(name, content, nil)
	if err != nil || len(work.Godebug) > 0 || len(work.Replace) > 0 || !areBuiltHere(work.Go, work.Toolchain) {
		return false
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(name), "vendor")); err == nil || !acceptsWorkspaces(goFlags()) {
		return false
	}
	used, paths, replaced := false, map[string]bool{}, map[module.Version]module.Version{}
	for _, use := range work.Use {
		folder := inFolder(filepath.Dir(name), use.Path)
		file, found := readModule(folder)
		if !found || paths[file.Module.Mod.Path] || version.Compare("go"+file.Go.Version, "go"+work.Go.Version) > 0 {
			return false
		}
		for _, r := range file.Replace {
			by := r.New
			if by.Version == "" {
				by.Path = inFolder(folder, by.Path)
			}
			if other, found := replaced[r.Old]; found && other != by {
				return false
			}
			replaced[r.Old] = by
		}
		paths[file.Module.Mod.Path] = true
		used = used || folder == root
	}
	return used
}

// inFolder is a path that a file in folder gives.
func inFolder(folder, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(folder, path)
}

// acceptsWorkspaces reports whether no flag is one that the go command refuses in a
// workspace.
func acceptsWorkspaces(flags []string) bool {
	for _, flag := range flags {
		name, value, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if name == "mod" && value != "readonly" {
			return false
		}
	}
	return true
}

// readModule reads the go.mod of a module that the Go which this program was built with
// would build.
func readModule(root string) (file *modfile.File, found bool) {
	name := filepath.Join(root, "go.mod")
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, false
	}
	file, err = modfile.Parse(name, content, nil)
	return file, err == nil && file.Module != nil && areBuiltHere(file.Go, file.Toolchain)
}

// areBuiltHere reports whether the lines go and toolchain of a go.mod or go.work ask for a
// version of Go that isBuiltHere.
func areBuiltHere(language *modfile.Go, toolchain *modfile.Toolchain) bool {
	if language == nil || !isBuiltHere("go"+language.Version) {
		return false
	}
	return toolchain == nil || toolchain.Name == "default" || isBuiltHere(toolchain.Name)
}
