package lock

import "testing"

// Keys of JSON tags can be anything.
func TestLockLinesAreReadAsWritten(t *testing.T) {
	for _, key := range []string{"name", "user-id", "ä", "a.b", "a b", `a"b.c d`, "[]", "#", "", "a[key].b"} {
		for _, of := range []string{"visitor", "visitor.cart[]", `visitor."x.y"[key]`} {
			line := lockLine{path: pathOf(of, key), wire: "len", kind: "map[string][]*bytes[4]", was: "old", gone: true}
			parsed, ok := parseLockLine(line.String())
			if !ok || parsed != line {
				t.Errorf("%s was read as %s, %t", line, parsed, ok)
			}
			if parentPath(line.path) != of || keyOf(line.path) != key || line.schema() != "visitor" {
				t.Errorf("%s is %q of %s of %s", line.path, keyOf(line.path), parentPath(line.path), line.schema())
			}
		}
	}
}

// Kinds in the order from narrow to wide: none of them is read as an earlier one.
func TestReadsAs(t *testing.T) {
	for _, kinds := range [][]string{
		{"bytes[4]", "bytes"}, {"bytes[4]", "string"}, {"[4]sint64", "[]sint64"},
		{"map[string][2]bool", "map[text][]bool"}, {"[]*[2]string", "[]*[]text"}, {"*[2][1]bytes[3]", "*[][]bytes"},
		{"map[map[string]bool][1]bool", "map[map[text]bool][]bool"},
	} {
		if !readsAs(kinds[0], kinds[1]) || readsAs(kinds[1], kinds[0]) {
			t.Errorf("%s as %s is %t, the other way %t", kinds[0], kinds[1], readsAs(kinds[0], kinds[1]), readsAs(kinds[1], kinds[0]))
		}
	}
	apart := []string{
		"bool", "sint64", "uint64", "float", "double", "complex", "string", "bytes[4]", "bytes[5]", "binary", "json", "timestamp", "duration", "message",
		"[]sint64", "[]*sint64", "[3]uint64", "[4]uint64", "*[]sint64", "map[string]bool", "map[bool]string", "[", "*", "map[", "map[]",
	}
	for _, old := range apart {
		for _, now := range apart {
			want := old == now || old == "bytes[4]" && now == "string" || old == "bytes[5]" && now == "string"
			if readsAs(old, now) != want {
				t.Errorf("%s as %s is %t", old, now, !want)
			}
		}
	}
}
