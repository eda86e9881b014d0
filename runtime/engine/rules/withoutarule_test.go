package rules

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// noticing are the folders of the packages whose tests may notice that a rule is missing.
var noticing = []string{"..", ".", "../asvs"}

// mixing is the index of the one that has the mix.
const mixing = 1

// suite is the test binary of a package in which every rule can be taken out.
type suite struct {
	folder, binary string
	tests          []string
}

// suites builds them.
func suites(t *testing.T) (all []suite) {
	t.Helper()
	folder := t.TempDir()
	overlay := writeMutants(t, folder)
	for n, tested := range noticing {
		s := suite{folder: tested, binary: filepath.Join(folder, fmt.Sprintf("mutants%d.test", n))}
		command(t, "go", "test", "-c", "-o", s.binary, "-overlay", overlay, "-vet=off", tested)
		s.tests = strings.Fields(command(t, s.binary, "-test.list", "."))
		all = append(all, s)
	}
	return all
}

// has reports whether one of the suite's tests is named so.
func (s *suite) has(expression *regexp.Regexp) bool {
	return slices.ContainsFunc(s.tests, expression.MatchString)
}

// Each rule of the commit protocol taken out in turn: a test notices. A short run takes out
// three of them, and sees to it that all the others still could be.
func TestR21_NoRuleOfTheProtocolCanBeTakenOutUnnoticed(t *testing.T) {
	suites := suites(t)
	for _, m := range mutants {
		for pattern := range strings.SplitSeq(m.red, "|") {
			expression := regexp.MustCompile(pattern)
			if !slices.ContainsFunc(suites, func(s suite) bool { return s.has(expression) }) {
				t.Errorf("%s: there is no test %s", m.rule, pattern)
			}
		}
	}
	for n, m := range mutants {
		if !testsite.Long && n%30 != 10 {
			continue
		}
		t.Run(m.rule, func(t *testing.T) {
			for _, s := range suites {
				if !s.has(regexp.MustCompile(m.red)) {
					continue
				}
				if red, _ := s.notices(t, m.red, n+1); red {
					return
				}
			}
			t.Errorf("%s is green without this rule", m.red)
		})
	}
	t.Logf("%d rules", len(mutants))
	if red, output := suites[mixing].notices(t, "^TestMix$", 0, "SESSIONGEN_TEST_MIX=500ms"); red {
		t.Errorf("the mix is red with all rules: %s", output)
	}
	for n, m := range mutants {
		if m.mixed {
			t.Run("the mix: "+m.rule, func(t *testing.T) { suites[mixing].mixNotices(t, n+1) })
		}
	}
}

// mixNotices checks that the mix is red without a rule, by a finding of its own, and long before it
// would be over.
func (s *suite) mixNotices(t *testing.T, rule int) {
	const length = time.Minute
	start := time.Now()
	red, output := s.notices(t, "^TestMix$", rule, "SESSIONGEN_TEST_MIX="+length.String())
	took := time.Since(start)
	finding := mixFinding.FindString(output)
	if !red || finding == "" || took > length/2 {
		t.Errorf("the mix is red without this rule: %v, after %v\n%s", red, took, output)
	}
	t.Logf("red after %v: %s", took.Round(time.Millisecond), finding)
}

// mixFinding is what a mix says that it has seen.
var mixFinding = regexp.MustCompile(`(GET|HEAD) request \d+ of browser .*|a program commits .*|the list of .*|another application .*|a newer program .*`)

// notices reports whether one of the tests that a pattern names is red without a rule, and what
// they have printed.
func (s *suite) notices(t *testing.T, pattern string, rule int, environment ...string) (red bool, printed string) {
	t.Helper()
	mutated := exec.CommandContext(t.Context(), s.binary, "-test.timeout=2m", "-test.run", pattern)
	mutated.Dir = s.folder
	mutated.Env = append(append(os.Environ(), "SESSIONGEN_TEST_LONG=", withoutRule+"="+strconv.Itoa(rule)), environment...)
	output, err := mutated.CombinedOutput()
	if err != nil && !strings.Contains(string(output), "FAIL") && !strings.Contains(string(output), "panic: ") {
		t.Errorf("%s could not be run: %v\n%s", pattern, err, output)
	}
	return err != nil, string(output)
}

func command(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), name, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, arguments, err, output)
	}
	return string(output)
}
