package protobuf_test

import "os"

// long asks for tests at full size: see .github/CONTRIBUTING.md.
var long = os.Getenv("SESSIONGEN_TEST_LONG") != ""

// scale is how much is done: short in every run, and full where that is asked for.
func scale(short, full int) int {
	if long {
		return full
	}
	return short
}
