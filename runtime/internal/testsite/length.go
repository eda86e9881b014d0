package testsite

import "os"

// Long asks for tests at full size, which takes minutes to hours: see .github/CONTRIBUTING.md.
var Long = os.Getenv("SESSIONGEN_TEST_LONG") != ""

// Scale is how often something is done: short in every run, and full where that is asked for.
func Scale(short, full int) int {
	if Long {
		return full
	}
	return short
}
