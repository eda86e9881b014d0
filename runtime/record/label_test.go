package record_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// digestOf is the first half of the SHA-256 of texts, each after its length: the labels that stores
// keep, worked out by hand.
func digestOf(texts ...string) []byte {
	var all []byte
	for _, text := range texts {
		all = append(append(all, byte(len(text))), text...)
	}
	sum := sha256.Sum256(all)
	return sum[:16]
}

// Stores keep labels and keys, so that the same session has the same ones for ever.
func TestLabels(t *testing.T) {
	label := record.NewLabel("shop", &cookie.Options{Name: "__Host-visitor", Path: "/"})
	digest := digestOf("sessiongen label", "shop", "visitor", "secure", "")
	if string(label.Digest[:]) != string(digest) {
		t.Errorf("digest %x, want %x", label.Digest, digest)
	}
	if want := "\x0a\x10" + string(digest); label.Prefix() != want {
		t.Errorf("prefix %q, want %q", label.Prefix(), want)
	}
	secret := [32]byte{1, 2, 3}
	if got, want := label.Key(secret), sha256.Sum256(append(digest, secret[:]...)); got != want {
		t.Errorf("key %x, want %x", got, want)
	}
	h := record.Header{Label: string(label.Digest[:]), Key: "k", Epoch: 1}
	if data := string(h.Append(nil)); !strings.HasPrefix(data, label.Prefix()) {
		t.Errorf("a record begins with %q, not with the prefix of its label", data)
	}
}

// The prefix of a cookie's name and its default path are no part of a label. Everything else
// that distinguishes two session cookies is.
func TestLabelsThatAreTheSame(t *testing.T) {
	of := func(application, name, path string) record.Label {
		return record.NewLabel(application, &cookie.Options{Name: name, Path: path})
	}
	visitor := of("shop", "visitor", "/")
	for _, name := range []string{"__Host-visitor", "__Host-Http-visitor", "__Http-visitor", "__Secure-visitor", "__HOST-visitor", "__host-http-visitor"} {
		if of("shop", name, "/") != visitor {
			t.Errorf("%s has another label than visitor", name)
		}
	}
	labels := map[record.Label]string{visitor: "the label"}
	for name, other := range map[string]record.Label{
		"another application":        of("forum", "visitor", "/"),
		"no application":             of("", "visitor", "/"),
		"another name":               of("shop", "staff", "/"),
		"a name in another case":     of("shop", "Visitor", "/"),
		"a prefix within the prefix": of("shop", "__Host-__Secure-visitor", "/"),
		"a longer name":              of("shop", "Http-visitor", "/"),
		"another path":               of("shop", "visitor", "/admin"),
		"texts that run together":    of("shopv", "isitor", "/"),
	} {
		if same, found := labels[other]; found {
			t.Errorf("%s has the label of %s", name, same)
		}
		labels[other] = name
	}
}

// Stores keep terms, so that the same field has the same one for ever.
func TestTerms(t *testing.T) {
	label := record.NewLabel("shop", &cookie.Options{Name: "__Host-visitor", Path: "/"})
	digest := string(digestOf("sessiongen terms", "shop", "visitor"))
	for range 3 { // the buffer is used again
		if got, want := label.Term("user_id", "\x0e"), runtime.Term(sha256.Sum256([]byte(digest+"user_id\x00\x0e"))); got != want {
			t.Errorf("got %x, want %x", got, want)
		}
		if got, want := label.Term("team", ""), runtime.Term(sha256.Sum256([]byte(digest+"team\x00"))); got != want {
			t.Errorf("an empty value: got %x, want %x", got, want)
		}
	}
	if label.Term("team", "red") == label.Term("teamr", "ed") {
		t.Error("a key and its value run into each other")
	}
	path := record.NewLabel("shop", &cookie.Options{Name: "visitor", Path: "/admin"})
	if path.Term("team", "red") != label.Term("team", "red") {
		t.Error("a session of another path is not found by the same value")
	}
	for _, other := range []record.Label{
		record.NewLabel("forum", &cookie.Options{Name: "visitor", Path: "/"}), record.NewLabel("shop", &cookie.Options{Name: "staff", Path: "/"}),
	} {
		if other.Term("team", "red") == label.Term("team", "red") {
			t.Error("a session of another application or cookie is found by the same value")
		}
	}
}
