package runtime

import (
	"fmt"
)

// CheckCreate returns an [ErrRefused] if a store must refuse to create a record with t: both Idle
// and Life must be above zero. The error names both values and the remedy; stores put their own name
// in front of it. Every [Store] calls CheckCreate at the start of Create. The suite in
// [github.com/sessiongen/sessiongen/runtime/storetest] uses the same rule.
func (t TTL) CheckCreate() error {
	if t.Idle <= 0 || t.Life <= 0 {
		return t.errCreate() // apart, so that CheckCreate is inlined
	}
	return nil
}

// CheckUpdate returns an [ErrRefused] if a store must refuse to update a record with t: Idle must be
// above zero, and Life must not be negative. A Life of zero keeps the absolute deadline. The
// error names both values and the remedy; stores put their own name in front of it. Every
// [Store] calls CheckUpdate at the start of Update.
//
// [Store.Touch] has no such rule: an idle time of zero or less extends nothing and is no error.
func (t TTL) CheckUpdate() error {
	if t.Idle <= 0 || t.Life < 0 {
		return t.errUpdate()
	}
	return nil
}

func (t TTL) errCreate() error {
	return Refused(fmt.Errorf("cannot create a session with TTL.Idle %v and TTL.Life %v: both must be above zero", t.Idle, t.Life))
}

func (t TTL) errUpdate() error {
	return Refused(fmt.Errorf("cannot update a session with TTL.Idle %v and TTL.Life %v: "+
		"Idle must be above zero, and Life above zero or, to keep the absolute deadline, zero", t.Idle, t.Life))
}
