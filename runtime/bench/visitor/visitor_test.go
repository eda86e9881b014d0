package visitor

import (
	"os/exec"
	"testing"
)

// Figures of yesterday's generator are nobody's: CI's `go generate` does not reach this
// module.
func TestTrap_TheGeneratedCodeIsCurrent(t *testing.T) {
	if output, err := exec.CommandContext(t.Context(), "go", "tool", "sessiongen", "-check", ".").CombinedOutput(); err != nil {
		t.Errorf("run `go generate ./visitor`: %v\n%s", err, output)
	}
}
