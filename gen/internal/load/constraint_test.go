package load

import (
	"go/parser"
	"go/token"
	"testing"
)

func TestConstraint(t *testing.T) {
	for _, c := range []struct{ name, lines, want string }{
		{"visitor.go", "", ""},
		{"linux.go", "", ""},
		{"visitor_store.go", "", ""},
		{"visitor_linux_store.go", "", ""},
		{"visitor_unix.go", "", ""}, // a tag, which names do not have
		{"visitor_linux.go", "", "linux"},
		{"/home/me_linux/visitor.go", "", ""},
		{"visitor_amd64.go", "", "amd64"},
		{"visitor_linux_amd64.go", "", "linux && amd64"},
		{"visitor_amd64_linux.go", "", "linux"},
		{"visitor_plan9_linux.go", "", "linux"},
		{"visitor_linux.x.go", "", "linux"},
		{"visitor.go", "//go:build enterprise || (linux && !arm)", "enterprise || (linux && !arm)"},
		{"visitor.go", "// A license.\n\n//go:build !windows", "!windows"},
		{"visitor.go", "// +build linux darwin\n// +build amd64", "(linux || darwin) && amd64"},
		{"visitor.go", "//go:build linux\n// +build linux", "linux"},
		{"visitor_linux.go", "//go:build race || msan", "linux && (race || msan)"},
		{"visitor.go", "//go:build", ""},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), c.name, c.lines+"\n\npackage web\n\n//go:build never\n", parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if got := Constraint(c.name, file); got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.name, c.lines, got, c.want)
		}
	}
}
