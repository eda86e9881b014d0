package main

import (
	"os"
	"os/exec"
	"testing"
)

// program finds a program by the environment variable that names it, or on PATH.
// Without it the test is skipped, and fails where CI is true: nothing is
// skipped there unnoticed.
func program(t *testing.T, variable, pkg string, names ...string) string {
	t.Helper()
	if named := os.Getenv(variable); named != "" {
		return named
	}
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	const message = "%s is not on PATH: install it with `apt-get install %s`, or name it in %s"
	if os.Getenv("CI") == "true" {
		t.Fatalf(message, names[0], pkg, variable)
	}
	t.Skipf(message, names[0], pkg, variable)
	return ""
}
