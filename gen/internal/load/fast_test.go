package load

import (
	"os"
	"path/filepath"
	"testing"
)

// Whatever tells the go command to see something else is left to it.
func TestUnusualEnvironments(t *testing.T) {
	settings := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(settings, []byte("GOOS=plan9\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	flags := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(flags, []byte("GOFLAGS=-tags=special\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	driver := t.TempDir()
	if err := os.WriteFile(filepath.Join(driver, "gopackagesdriver"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Abs("../../../runtime/internal/shop")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, variable, value string
		fast                  bool
	}{
		{"as usual", "GOFLAGS", "", true},
		{"harmless flags", "GOFLAGS", "-mod=mod -trimpath", true},
		{"build tags", "GOFLAGS", "-tags=special", false},
		{"overlay", "GOFLAGS", "-mod=mod --overlay=files.json", false},
		{"no modules", "GO111MODULE", "off", false},
		{"driver", "GOPACKAGESDRIVER", "/usr/bin/driver", false},
		{"no driver", "GOPACKAGESDRIVER", "off", true},
		{"driver that is found", "PATH", driver, false},
		{"settings", "GOENV", settings, false},
		{"flags in settings", "GOENV", flags, false},
		{"no settings", "GOENV", "off", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("GOFLAGS", "")
			t.Setenv("GOENV", "off")
			t.Setenv("GOWORK", "off") // which refuses -mod=mod
			t.Setenv(c.variable, c.value)
			if _, fast := Fast(t.Context(), dir, "session_gen.go", []string{"."}); fast != c.fast {
				t.Errorf("loaded fast: %v, want %v", fast, c.fast)
			}
		})
	}
	for _, pattern := range []string{"./...", "example.com/shop", "fmt", "shop"} {
		if _, fast := Fast(t.Context(), dir, "session_gen.go", []string{pattern}); fast {
			t.Errorf("the pattern %s was loaded fast", pattern)
		}
	}
}
