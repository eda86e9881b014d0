package shelf

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/moving/scs/loan"
)

// FillVisitor fills a session of ours from an old one. Give it to runtime.WithLegacy, so that
// nobody is signed out by the move; when that is over, remove this file. It was written by
// sessiongen init, and is yours from now on.
//
// What the old program registered with gob has to be registered here, too, under the same names:
// one type that is not, and no session that has it can be read.
func FillVisitor(v *Visitor, old map[any]any) error {
	if value, ok := old["userID"].(int64); ok {
		v.SetUserID(value)
	}
	if value, ok := old["pages"].(int); ok {
		v.SetPages(value)
	}
	if value, ok := old["loans"].([]loan.Loan); ok {
		v.SetLoans(value)
	}
	if value, ok := old["notice"].(string); ok {
		v.SetNotice(value)
	}
	if value, ok := old["email"].(string); ok {
		v.SetEmail(value)
	}
	if value, ok := old["signed_in_at"].(time.Time); ok {
		v.SetSignedInAt(value)
	}
	v.Remember(true) // as the old cookie, this one outlives the browser
	return nil
}
