package main

import (
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const promises = "runtime/PROMISES.md"

// The list of promises and the tests that hold them name the same requirements of the
// ASVS: no promise without a test, and no test that no promise mentions.
func TestEachPromiseHasATest(t *testing.T) {
	promised, tested := promisedRequirements(t), testedRequirements(t)
	if len(promised) < 20 {
		t.Fatalf("%s names only %d requirements: this test looks in the wrong place", promises, len(promised))
	}
	for _, number := range slices.Sorted(maps.Keys(promised)) {
		if !tested[number] {
			t.Errorf("%s names ASVS %s, and no test is named after it: write TestASVS_%s_…", promises, number, strings.ReplaceAll(number, ".", "_"))
		}
	}
	for _, number := range slices.Sorted(maps.Keys(tested)) {
		if !promised[number] {
			t.Errorf("a test is named after ASVS %s, and %s does not name it: say there what is promised", number, promises)
		}
	}
}

// The list stands in one place: elsewhere it is referred to.
func TestThePromisesAreListedOnce(t *testing.T) {
	number := regexp.MustCompile(`\(\d+\.\d+(\.\d+)?[,)]`)
	for _, page := range []string{"README.md", "runtime/doc.go"} {
		text := readPage(t, page)
		if !strings.Contains(text, promises) {
			t.Errorf("%s does not refer to %s", page, promises)
		}
		if found := number.FindString(text); found != "" {
			t.Errorf("%s names the requirement %s: the list of promises is %s", page, found, promises)
		}
	}
}

var requirement = regexp.MustCompile(`\d+\.\d+(\.\d+)?`)

func promisedRequirements(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, list := range regexp.MustCompile(`\(ASVS [^)]*\)`).FindAllString(readPage(t, promises), -1) {
		for _, number := range requirement.FindAllString(list, -1) {
			found[number] = true
		}
	}
	return found
}

// testedRequirements are those in names such as TestASVS_7_2_3_and_11_5_1_TokensAreRandom
// and TestASVS_3_3_1_to_3_3_4_WhatIsNotSaidIsSafe.
func testedRequirements(t *testing.T) map[string]bool {
	t.Helper()
	name := regexp.MustCompile(`(?m)^func TestASVS_((?:\d+_|and_|to_)+)`)
	found := map[string]bool{}
	root := os.DirFS(repository)
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		for _, match := range name.FindAllStringSubmatch(string(content), -1) {
			for part := range strings.SplitSeq(strings.ReplaceAll(match[1], "to_", "and_"), "and_") {
				found[strings.ReplaceAll(strings.Trim(part, "_"), "_", ".")] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
