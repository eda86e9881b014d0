package visitor

import (
	"os"
	"os/exec"
	"testing"

	_ "github.com/sessiongen/sessiongen/gen" // with another generator the result of this test is not yesterday's
)

// The root's `go generate ./...` does not reach this module.
func TestGeneratedCodeIsCurrent(t *testing.T) {
	for _, name := range []string{"visitor.go", "codec.go", "session_gen.go", "sessions.lock"} {
		// What a test has not opened itself, the go command does not look at before it
		// says "(cached)".
		if _, err := os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	output, err := exec.CommandContext(t.Context(), "go", "tool", "sessiongen", "-check", ".").CombinedOutput()
	if err != nil {
		t.Errorf("run go generate in runtime/bench/visitor: %v\n%s", err, output)
	}
}
