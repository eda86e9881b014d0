package asvs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every requirement, reliability row and advisory that the package documentation speaks
// of has a test that is named after it, somewhere in the repository: a test that is renamed
// or deleted is missed here.
func TestEveryRowHasATest(t *testing.T) {
	names := testNames(t, "../../..")
	if len(names) < 300 {
		t.Fatalf("only %d tests were found", len(names))
	}
	all := strings.Join(names, "\n")
	for _, id := range proven() {
		named := regexp.MustCompile(`(Test|_)` + id + `(_|$|\n)`)
		if !named.MatchString(all) {
			t.Errorf("no test is named after %s", id)
		}
	}
}

// proven are the identifiers, as parts of names.
func proven() (ids []string) {
	add := func(prefix string, rest string) {
		for _, id := range strings.Fields(rest) {
			ids = append(ids, prefix+id)
		}
	}
	// A test of several requirements carries the others' numbers behind the first.
	add(`(ASVS|and)_`, `3_3_1 3_3_2 3_3_3 3_3_4 3_3_5 3_5_1 7_1_1 7_1_2 7_2_1 7_2_2 7_2_3 7_2_4 7_3_1 7_3_2 7_4_1 7_4_2 7_4_3 7_4_5
		7_5_1 7_5_2 7_5_3 7_6_2 9_1_1 9_1_2 9_1_3 9_2 11_2 11_3 11_5_1 14_2_1 14_3 16_2_5 16_3_3 16_4_1 16_5`)
	add(``, `OWASP NIST_800_63B_4 CookieRule`)
	add(`R`, `1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21`)
	add(`(CVE|and)_`, `2017_18589 2017_1000053 2019_5420 2019_16782 2020_8184 2020_17526 2021_41263 2022_25896 2023_20866 2023_23934 2023_27524
		2023_29019 2023_30861 2024_31999 2024_38513 2024_47764 2025_32441 2025_46336 2025_53826 2025_58186 2026_24894 2026_25899 2026_39324`)
	add(`(GH|and)_`, `connect_redis_328 express_session_632`)
	return ids
}

var testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

func testNames(t *testing.T, root string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, match := range testFunction.FindAllSubmatch(source, -1) {
			names = append(names, string(match[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
