package engine_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Each rule of the commit protocol taken out in turn: a test notices. A short run takes out
// three of them, and sees to it that all the others still could be.
func TestR21_NoRuleOfTheProtocolCanBeTakenOutUnnoticed(t *testing.T) {
	tests := strings.Fields(command(t, os.Args[0], "-test.list", "."))
	for _, m := range mutants {
		for pattern := range strings.SplitSeq(m.red, "|") {
			if !anyMatches(tests, regexp.MustCompile(pattern)) {
				t.Errorf("%s: there is no test %s", m.rule, pattern)
			}
		}
	}
	folder := t.TempDir()
	overlay := writeMutants(t, folder)
	binary := filepath.Join(folder, "mutants.test")
	command(t, "go", "test", "-c", "-o", binary, "-overlay", overlay, "-vet=off", ".")
	for n, m := range mutants {
		if !long && n%30 != 10 {
			continue
		}
		t.Run(m.rule, func(t *testing.T) {
			mutated := exec.CommandContext(t.Context(), binary, "-test.timeout=2m", "-test.run", m.red)
			mutated.Env = append(os.Environ(), "SESSIONGEN_TEST_LONG=", withoutRule+"="+strconv.Itoa(n+1))
			output, err := mutated.CombinedOutput()
			switch {
			case err == nil:
				t.Errorf("%s is green without this rule", m.red)
			case !strings.Contains(string(output), "FAIL") && !strings.Contains(string(output), "panic: "):
				t.Errorf("%s could not be run: %v\n%s", m.red, err, output)
			}
		})
	}
	t.Logf("%d rules", len(mutants))
}

func anyMatches(names []string, expression *regexp.Regexp) bool {
	for _, name := range names {
		if expression.MatchString(name) {
			return true
		}
	}
	return false
}

func command(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), name, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, arguments, err, output)
	}
	return string(output)
}
