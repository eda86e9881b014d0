package scsstore_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
)

// The tables of some scs stores have CHAR(43) for the token, and a database may ignore case.
func TestKeysFitIntoTheColumnsOfScsStores(t *testing.T) {
	b := newBench(t)
	for range 20 {
		b.session(newTerm(), newTerm())
	}
	id, _ := b.session(newTerm())
	b.want("Delete", b.store.Delete(t.Context(), id), nil)
	form := regexp.MustCompile(`^sg-[ri]-[0-9a-f]{32}$`)
	for key := range b.below.under("") {
		if !form.MatchString(key) || len(key) > 43 {
			t.Errorf("the key %q is too long or has other characters than a column may tell apart", key)
		}
	}
	if got := len(b.below.under("sg-r-")); got != 21 {
		t.Errorf("%d records, want 21", got)
	}
}

// A value of another program opens no session, and can be deleted.
func TestAValueThatCannotBeRead(t *testing.T) {
	for name, garbage := range map[string]string{
		"empty": "", "other": "gob", "short": "\x01abc", "many terms": "\x01" + strings.Repeat("\x7f", 40),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			term := newTerm()
			id, rec := b.session(term)
			for key, v := range b.below.under("") {
				if err := b.below.Commit(key, []byte(garbage), v.expiry); err != nil {
					t.Fatal(err)
				}
			}
			for call, err := range map[string]error{
				"Load":   func() error { _, err := b.store.Load(t.Context(), id); return err }(),
				"Update": b.store.Update(t.Context(), id, rec.Rev, newRecord(), day),
				"Create": b.store.Create(t.Context(), id, rec, day),
				"List":   func() error { _, _, err := b.store.List(t.Context(), term, runtime.ID{}, 10); return err }(),
			} {
				if err == nil || errors.Is(err, runtime.ErrNotFound) || errors.Is(err, runtime.ErrGone) {
					t.Errorf("%s: got error %v, want one that tells", call, err)
				}
			}
			b.want("Delete", b.store.Delete(t.Context(), id), nil)
			b.load(id, runtime.ErrGone)
		})
	}
}
