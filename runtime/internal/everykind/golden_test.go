package everykind_test

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write generated code anew, and golden records for kinds that have none")

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
