package parse

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/sessiongen/sessiongen/gen/internal/load/loadtest"
	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// TestUnsafePlacementsAreRefused: what would put a secret or a privilege where a
// stranger reads or writes it is an error when generating, at its place in the tag and
// with the remedy. A case of testdata/unsafe is a schema and what is said about it, nothing if it
// is accepted; its comment says why.
func TestUnsafePlacementsAreRefused(t *testing.T) { eachUnsafePlacement(t, "*") }

func TestASVS_3_3_1_ASessionCookieIsNeverWithoutSecure(t *testing.T) {
	eachUnsafePlacement(t, "session_cookie_without_secure")
	eachUnsafePlacement(t, "prefix_without_secure")
}

func TestASVS_3_3_4_ASessionCookieIsNeverWithoutHttpOnly(t *testing.T) {
	eachUnsafePlacement(t, "session_cookie_without_httponly")
}

func eachUnsafePlacement(t *testing.T, pattern string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "unsafe", pattern+".txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no case %s (%v)", pattern, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(archive.Files) != 2 || len(archive.Comment) == 0 {
				t.Fatal("a case is a comment, visitor.go and want")
			}
			_, errs := Package(loadtest.Check(t, map[string]string{archive.Files[0].Name: string(archive.Files[0].Data)}), nil)
			var said strings.Builder
			for _, err := range errs {
				said.WriteString(err.Error() + "\n")
			}
			if want := string(archive.Files[1].Data); said.String() != want {
				t.Errorf("said\n%s\nand was to say\n%s", &said, want)
			}
		})
	}
}

// Who says nothing gets the safe attributes: everything else has to be asked for, and
// stands in the tag for all to see.
func TestASVS_3_3_1_to_3_3_4_WhatIsNotSaidIsSafe(t *testing.T) {
	pkg, errs := Package(loadtest.Check(t, map[string]string{"visitor.go": `package shop

type visitor struct {
	_ struct{} ` + "`session:\"\"`" + `

	Name  string ` + "`session:\"name\"`" + `
	Theme string ` + "`cookie:\"theme\"`" + `
}
`}), nil)
	if errs != nil {
		t.Fatal(errs)
	}
	safe := cookie.Options{Name: "theme", Path: "/", SameSite: http.SameSiteLaxMode, Secure: true, HTTPOnly: true}
	compare(t, pkg.Schemas[0].Cookies[0].Options, safe)
	safe.Name = "__Host-visitor" // for no other host to read, to set or to shadow
	compare(t, pkg.Schemas[0].Cookie, safe)
}
