package main

import (
	"os/exec"
	"testing"
)

// TestGenerated regenerates what is committed and compares.
func TestGenerated(t *testing.T) {
	out, err := exec.Command("go", "run", "github.com/sessiongen/sessiongen/cmd/sessiongen", "-check", "./web").CombinedOutput()
	if err != nil {
		t.Errorf("web/session_gen.go is stale: run `go generate ./web`: %v\n%s", err, out)
	}
}
