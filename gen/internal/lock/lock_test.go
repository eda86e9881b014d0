package lock

import (
	"testing"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// Keys of JSON tags can be anything.
func TestLinesAreReadAsWritten(t *testing.T) {
	for _, key := range []string{"name", "user-id", "ä", "a.b", "a b", `a"b.c d`, "[]", "#", "", "a[key].b", "a/b=c"} {
		for _, of := range []string{"visitor", "visitor.cart[]", `visitor."x.y"[key]`, "visitor/prefs"} {
			for _, path := range []string{pathOf(of, key), cookiePath(of, key)} {
				l := line{path: path, form: "len", kind: "map[string][]*bytes[4]", traits: "principal secret", was: "old", gone: true, broken: true}
				parsed, ok := parseLine(l.String())
				if !ok || parsed != l {
					t.Errorf("%s was read as %s, %t", l, parsed, ok)
				}
				if parentPath(path) != of || nameOf(path) != key || l.schema() != "visitor" {
					t.Errorf("%s is %q of %s of %s", path, nameOf(path), parentPath(path), l.schema())
				}
			}
		}
	}
	for _, l := range []line{
		{path: "visitor", form: formSession, kind: "__Host-visitor"},
		{path: constantPath("visitor.role", "Editor"), form: formConstant, kind: `"a \"quoted\" text broken"`, gone: true},
		{path: constantPath("visitor.role", "Editor"), form: formConstant, kind: "-1", broken: true},
	} {
		if parsed, ok := parseLine(l.String()); !ok || parsed != l {
			t.Errorf("%s was read as %s, %t", l, parsed, ok)
		}
	}
}

// Kinds in the order from narrow to wide: none of them is read as an earlier one.
func TestReadsAs(t *testing.T) {
	for _, kinds := range [][]string{
		{"bytes[4]", "bytes"}, {"bytes[4]", "string"}, {"[4]sint64", "[]sint64"}, {"text(net/netip.Addr)", "string"},
		{"sint8", "sint16", "sint32", "sint64"}, {"uint8", "uint64"}, {"complex64", "complex128"},
		{"map[string][2]bool", "map[bytes][]bool"}, {"[]*[2]string", "[]*[]bytes"}, {"*[2][1]bytes[3]", "*[][]bytes"},
		{"map[map[string]bool][1]bool", "map[map[bytes]bool][]bool"}, {"map[sint8]sint8", "map[sint64]*sint64"},
		{"json:sint8", "json:sint64", "json:any"}, {"json:float32", "json:float64"}, {"json:map[string]object", "json:map[string]any"}, {"json:[2]string", "json:[]string"},
	} {
		for i, narrow := range kinds {
			for _, wide := range kinds[i+1:] {
				if !readsAs(narrow, wide, ofField) || readsAs(wide, narrow, ofField) && !(narrow == "string" && wide == "bytes") {
					t.Errorf("%s as %s is %t, the other way %t", narrow, wide, readsAs(narrow, wide, ofField), readsAs(wide, narrow, ofField))
				}
			}
		}
	}
	apart := []string{
		"bool", "sint64", "uint64", "float", "double", "complex64", "string", "bytes[4]", "bytes[5]", "binary(a.B)", "binary(B)", "text(a.B)", "text(a.B[[]int])", "json:object", "json:[]object", "json:base64", "json:string",
		"timestamp", "duration", "message", "[]sint64", "[]*sint64", "[3]uint64", "[4]uint64", "*[]sint64", "map[string]bool", "map[bool]string", "[", "*[", "map[", "map[]",
	}
	for _, old := range apart {
		for _, now := range apart {
			want := old == now || now == "string" && (old == "bytes[4]" || old == "bytes[5]" || old == "text(a.B)" || old == "text(a.B[[]int])")
			if readsAs(old, now, ofField) != want {
				t.Errorf("%s as %s is %t", old, now, !want)
			}
		}
	}
}

// A pointer tells absence from zero, except that a session knows of each field whether it is set.
func TestReadsAsOfPointers(t *testing.T) {
	for at, want := range map[place][2]bool{ofField: {true, true}, ofMember: {true, false}, ofEntry: {true, false}, ofElement: {false, false}} {
		if got := [2]bool{readsAs("sint64", "*sint64", at), readsAs("*sint64", "sint64", at)}; got != want {
			t.Errorf("at place %d: a pointer reads a value, and the other way: %v, want %v", at, got, want)
		}
		if at != ofEntry && readsAs("[]sint64", "*[]sint64", at) || readsAs("*map[string]bool", "map[string]bool", at) {
			t.Errorf("at place %d: what a pointer wraps is read without", at)
		}
	}
}

// What -break has given up is not missed in the locks of releases either, nor is what is in its
// value, whichever side of a merge has recorded it.
func TestWhatWasGivenUpIsNotMissedInReleases(t *testing.T) {
	l := lock{lines: []line{
		{path: "visitor.cart", form: "len", kind: "string", broken: true},
		{path: "visitor.cart", form: "len", kind: "string"},
		{path: "visitor.cart_size", form: "varint", kind: "sint64"},
		{path: "visitor/prefs", form: "encrypted", kind: "message", broken: true},
	}}
	released := "visitor.cart len []message\nvisitor.cart[].sku len string\nvisitor.cart_size varint sint64\nvisitor/prefs encrypted string\nvisitor.prefs len string\n"
	if errs := l.readEarlier(&model.Package{}, []Version{{Name: "v1", Content: []byte(released)}}); errs != nil {
		t.Fatal(errs)
	}
	var left []string
	for _, earlier := range l.earlier[0] {
		left = append(left, earlier.path)
	}
	if len(left) != 2 || left[0] != "visitor.cart_size" || left[1] != "visitor.prefs" {
		t.Errorf("of the release is left: %q", left)
	}
}
