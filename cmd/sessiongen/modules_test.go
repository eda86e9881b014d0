package main

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

const rootModule = "github.com/sessiongen/sessiongen"

// allowedModules are the modules of this repository by their folders, with what each requires directly.
// go mod tidy also reads the tests of imported packages: what those need reaches users.
var allowedModules = map[string][]string{
	".": {
		"github.com/dave/jennifer",
		"github.com/gorilla/securecookie",
		"github.com/rogpeppe/go-internal",
		"golang.org/x/mod",
		"golang.org/x/tools",
	},
	"example": {
		rootModule,
		rootModule + "/runtime/redisstore",
		"github.com/chromedp/cdproto",
		"github.com/chromedp/chromedp",
		"github.com/go-sql-driver/mysql",
		"github.com/jackc/pgx/v5",
		"github.com/redis/go-redis/v9",
		"modernc.org/sqlite",
	},
	"example/frameworks": {
		rootModule,
		"github.com/coder/websocket",
		"github.com/gin-gonic/gin",
		"github.com/go-chi/chi/v5",
		"github.com/gofiber/fiber/v3",
		"github.com/gorilla/websocket",
		"github.com/labstack/echo/v4",
	},
	"runtime/bench": {
		rootModule,
		rootModule + "/runtime/redisstore",
		"github.com/alexedwards/scs/postgresstore",
		"github.com/alexedwards/scs/redisstore",
		"github.com/alexedwards/scs/v2",
		"github.com/gin-contrib/sessions",
		"github.com/gin-gonic/gin",
		"github.com/gofiber/fiber/v3",
		"github.com/gomodule/redigo",
		"github.com/gorilla/securecookie",
		"github.com/gorilla/sessions",
		"github.com/jackc/pgx/v5",
		"github.com/mailru/easyjson",
		"github.com/redis/go-redis/v9",
		"github.com/tinylib/msgp",
		"github.com/valyala/fasthttp",
		"google.golang.org/protobuf",
	},
	"runtime/realtest": {
		rootModule,
		rootModule + "/runtime/redisstore",
		"github.com/Masterminds/semver/v3",
		"github.com/bufbuild/protocompile",
		"github.com/chromedp/cdproto",
		"github.com/chromedp/chromedp",
		"github.com/cockroachdb/apd/v3",
		"github.com/coreos/go-oidc/v3",
		"github.com/go-sql-driver/mysql",
		"github.com/go-webauthn/webauthn",
		"github.com/gofrs/uuid/v5",
		"github.com/golang-jwt/jwt/v5",
		"github.com/golang-sql/civil",
		"github.com/google/go-cmp",
		"github.com/google/uuid",
		"github.com/guregu/null/v6",
		"github.com/jackc/pgx/v5",
		"github.com/markbates/goth",
		"github.com/oklog/ulid/v2",
		"github.com/redis/go-redis/v9",
		"github.com/rs/xid",
		"github.com/samber/mo",
		"github.com/segmentio/ksuid",
		"github.com/shopspring/decimal",
		"go.mongodb.org/mongo-driver/v2",
		"golang.org/x/oauth2",
		"golang.org/x/text",
		"google.golang.org/protobuf",
		"modernc.org/sqlite",
	},
	"runtime/redisstore": {
		rootModule,
		"github.com/redis/go-redis/v9",
	},
}

// allowedIndirect is what the modules that users require bring along besides.
var allowedIndirect = map[string][]string{
	".": {
		"github.com/google/go-cmp",
		"golang.org/x/sync",
		"golang.org/x/sys",
	},
	"runtime/redisstore": {
		"github.com/cespare/xxhash/v2",
		"github.com/gorilla/securecookie",
		"go.uber.org/atomic",
		"golang.org/x/sys",
	},
}

// goMods are the go.mod files of the repository, by folder.
func goMods(t *testing.T) map[string]*modfile.File {
	t.Helper()
	files := map[string]*modfile.File{}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "testdata"):
			return filepath.SkipDir
		case entry.Name() != "go.mod":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel("../..", filepath.Dir(path))
		if err != nil {
			return err
		}
		files[filepath.ToSlash(folder)], err = modfile.Parse(path, text, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestEachModuleRequiresWhatItMay(t *testing.T) {
	files := goMods(t)
	wantSame(t, "the folders with a go.mod", slices.Collect(maps.Keys(files)), slices.Collect(maps.Keys(allowedModules)))
	for folder, file := range files {
		var direct, indirect []string
		for _, required := range file.Require {
			if required.Indirect {
				indirect = append(indirect, required.Mod.Path)
			} else {
				direct = append(direct, required.Mod.Path)
			}
		}
		wantSame(t, folder+"/go.mod, direct requirements", direct, allowedModules[folder])
		if allowed, limited := allowedIndirect[folder]; limited {
			wantSame(t, folder+"/go.mod, indirect requirements", indirect, allowed)
		}
	}
}

// wantSame compares two lists whose order means nothing.
func wantSame(t *testing.T, what string, got, want []string) {
	t.Helper()
	for _, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("%s: %s is not expected", what, name)
		}
	}
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("%s: %s is missing", what, name)
		}
	}
}

// Those who require a module do not see what it replaces: only modules of this rootModule
// are, which a release names by their versions.
func TestModulesReplaceOnlyOneAnother(t *testing.T) {
	for folder, file := range goMods(t) {
		if folder == "." && len(file.Replace) > 0 {
			t.Errorf("the root's go.mod replaces %s", file.Replace[0].Old.Path)
		}
		for _, replaced := range file.Replace {
			target := filepath.ToSlash(filepath.Join(folder, replaced.New.Path))
			if path := pathOf(target); replaced.Old.Path != path || replaced.Old.Version != "" || replaced.New.Version != "" || allowedModules[target] == nil {
				t.Errorf("%s/go.mod replaces %s by %s", folder, replaced.Old, replaced.New)
			}
		}
		if folder == "runtime/redisstore" && (len(file.Replace) != 1 || file.Replace[0].Old.Path != rootModule) {
			t.Errorf("%s/go.mod must replace the root, and nothing else", folder)
		}
	}
}

// pathOf is the path of the module in a folder of the repository.
func pathOf(folder string) string {
	if folder == "." {
		return rootModule
	}
	return rootModule + "/" + folder
}

func TestModulesAreNamedAfterTheirFolders(t *testing.T) {
	for folder, file := range goMods(t) {
		if file.Module.Mod.Path != pathOf(folder) {
			t.Errorf("the module in %s is called %s", folder, file.Module.Mod.Path)
		}
	}
}

// A later Go, or a patch version of it, would be one that users have to download.
func TestTheWorkspaceHasEachModuleAndTheGoOfTheRoot(t *testing.T) {
	text, err := os.ReadFile("../../go.work")
	if err != nil {
		t.Fatal(err)
	}
	work, err := modfile.ParseWork("go.work", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	for _, use := range work.Use {
		used = append(used, filepath.ToSlash(filepath.Clean(use.Path)))
	}
	files := goMods(t)
	wantSame(t, "go.work", used, slices.Collect(maps.Keys(files)))
	want := files["."].Go.Version
	if work.Go.Version != want || work.Toolchain != nil || len(work.Replace) > 0 || len(work.Godebug) > 0 {
		t.Errorf("go.work must say go %s, and besides only which modules it has:\n%s", want, text)
	}
	for folder, file := range files {
		if file.Go.Version != want || file.Toolchain != nil {
			t.Errorf("%s/go.mod: it must say go %s, and name no toolchain", folder, want)
		}
	}
}

// A test in the root that imported a package of another module would break go mod tidy for
// every user of the package that it tests.
func TestTheRootNeedsNoOtherModuleOfTheRepository(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-test", "-deps", "-f", "{{.ImportPath}}{{with .Module}} {{.Path}}{{end}}", "./...")
	list.Dir = "../.."
	list.Env = append(os.Environ(), "GOFLAGS=") // -mod=mod is an error in a workspace
	var stderr bytes.Buffer
	list.Stderr = &stderr
	output, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	ours := 0
	for line := range strings.Lines(string(output)) {
		words := strings.Fields(line)
		module := words[len(words)-1]
		switch {
		case module == rootModule:
			ours++
		case len(words) > 1 && strings.HasPrefix(module, rootModule+"/"):
			t.Errorf("the root needs %s of the module %s", words[0], module)
		}
	}
	if ours < 20 {
		t.Errorf("only %d packages of the root were looked at", ours)
	}
}
