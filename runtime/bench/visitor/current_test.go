package visitor

import (
	"os/exec"
	"testing"
)

// The root's `go generate ./...` does not reach this module.
func TestGeneratedCodeIsCurrent(t *testing.T) {
	output, err := exec.CommandContext(t.Context(), "go", "tool", "sessiongen", "-check", ".").CombinedOutput()
	if err != nil {
		t.Errorf("run go generate in runtime/bench/visitor: %v\n%s", err, output)
	}
}
