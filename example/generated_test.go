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

// TestASVS_7_1_1_and_7_1_2_TheShopsInventoryIsCurrent compares what is committed
// with the schema, each field of which has to say what it is for.
func TestASVS_7_1_1_and_7_1_2_TheShopsInventoryIsCurrent(t *testing.T) {
	out, err := exec.Command("go", "run", "github.com/sessiongen/sessiongen/cmd/sessiongen",
		"doc", "-check", "-limit", "0", "-require-purpose", "-o", "web/COOKIES.md", "./web").CombinedOutput()
	if err != nil {
		t.Errorf("web/COOKIES.md is stale: run `go generate ./web`: %v\n%s", err, out)
	}
}
