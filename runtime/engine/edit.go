package engine

import (
	"maps"
	"reflect"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// An edit is what Append, Put and Remove have changed in a slice or map. A commit applies it to the
// encoded value of the newest record: elements that stay keep their bytes, and with them the fields
// that a newer program has written into them. The storage follows when a getter asks for it.
type edit interface {
	elementChange
	// encode appends the changed value of the field, which was encoded as span.
	encode(s *Session, field int, b []byte, span string) ([]byte, error)
}

// step is what one call changes.
type step interface {
	elementChange
	// addTo adds the change to an edit of the same field, or to a new one if it is nil. The edit
	// shares no memory with the arguments of the call.
	addTo(e edit) edit
}

// elementChange is what an edit and a step have in common.
type elementChange interface {
	// apply makes the change in the storage.
	apply(s *Session, field int)
	// check reads the elements of span without keeping them. The storage is as before.
	check(s *Session, field int, span string) error
	// removes reports whether the value may be empty afterwards.
	removes() bool
}

// edit makes a change of a slice or map and logs it for the commit.
func (s *Session) edit(field int, e step) {
	if !s.lockToChange(field) {
		return
	}
	defer s.unlock()
	if !s.applyEdit(field, e) {
		return
	}
	f := &s.fields[field]
	f.version++
	if f.state&(assigned|inPlace) != 0 {
		return // a replay keeps the value, which includes this change
	}
	if before := s.more.lastChange(field); before != nil && before.edit != nil {
		e.addTo(before.edit)
	} else {
		s.rare().logChange(change{field: field, edit: e.addTo(nil)})
	}
	if f.state&(lent|edited) == lent {
		s.snapshot(field)
	}
}

// applyEdit makes a change, without logging it. It reports false if the field cannot be read, so
// that the change is dropped.
func (s *Session) applyEdit(field int, e elementChange) bool {
	if e.removes() || s.fields[field].state&(decoded|edited) == 0 && !s.canAppendTo(field, e) {
		s.decode(field)
	}
	f := &s.fields[field]
	if f.state&unreadable != 0 {
		s.dropUnreadable(field)
		return false
	}
	if f.state&decoded != 0 {
		e.apply(s, field)
	}
	if f.state&changed == 0 {
		f.state |= edited
	}
	if f.state&(assigned|inPlace) == 0 {
		f.state |= relative
	}
	f.state |= present
	if f.state&decoded != 0 {
		s.setPresence(field)
	}
	return true
}

// canAppendTo reports whether the field can be read, or is unset.
func (s *Session) canAppendTo(field int, e elementChange) bool {
	span := s.span(field)
	return span == "" || len(span) <= wire.LeastMessage*wire.MaxMessages && e.check(s, field, span) == nil
}

// appendEdited appends the encoding of a field with its edit.
func (s *Session) appendEdited(b []byte, field int) ([]byte, error) {
	return s.more.editOf(field).encode(s, field, b, s.span(field))
}

// editOf returns the edit of a field whose relative changes are one edit.
func (r *rare) editOf(field int) edit {
	for _, c := range r.changes {
		if c.field == field && c.edit != nil {
			return c.edit
		}
	}
	return nil
}

// lastChange returns the last change of a field in the log, or nil.
func (r *rare) lastChange(field int) *change {
	if r == nil {
		return nil
	}
	for i := len(r.changes) - 1; i >= 0; i-- {
		if c := &r.changes[i]; c.field == field {
			return c
		}
	}
	return nil
}

// encodeElements encodes new elements, which the caller has put into the storage.
func (s *Session) encodeElements(field int) (string, error) {
	encoded, err := appendOf(s.codec, nil, field)
	if err == nil && s.manager.schema.Fields[field].Traits&Marshaled != 0 {
		err = s.checkReadable(field, string(encoded))
	}
	return string(encoded), err
}

// consumeEntry reads one entry of a field into the storage, behind what is there.
func (s *Session) consumeEntry(field int, entry string) error {
	s.reader.Reset(entry)
	s.codec.Consume(field, &s.reader)
	return s.reader.Err()
}

// appended is the edit of a slice, and a step of it.
type appended[S ~[]E, E any] struct {
	storage *S
	values  S
}

func (a *appended[S, E]) removes() bool { return false }

func (a *appended[S, E]) addTo(e edit) edit {
	to, ok := e.(*appended[S, E])
	if !ok {
		to = &appended[S, E]{storage: a.storage}
	}
	to.values = append(to.values, a.values...)
	return to
}

func (a *appended[S, E]) apply(s *Session, field int) {
	f, values := &s.fields[field], *a.storage
	if f.state&roomy == 0 {
		// Clipped, so that append does not write into memory that the handler may hold.
		values = values[:len(values):len(values)]
		f.state |= roomy
	}
	*a.storage = append(values, a.values...)
}

func (a *appended[S, E]) encode(s *Session, field int, b []byte, span string) ([]byte, error) {
	defer restore(a.storage)()
	*a.storage = a.values
	added, err := s.encodeElements(field)
	if err != nil {
		return b, err
	}
	return wire.AppendJoined(b, span, added, s.manager.schema.Fields[field].Traits&Packed != 0), nil
}

func (a *appended[S, E]) check(s *Session, field int, span string) error {
	defer restore(a.storage)()
	*a.storage = nil
	for entry := range wire.Entries(span) {
		*a.storage = (*a.storage)[:0] // the room of the entries before
		if err := s.consumeEntry(field, entry); err != nil {
			return err
		}
	}
	return nil
}

// entries is the edit of a map.
type entries[M ~map[K]V, K comparable, V any] struct {
	storage *M
	put     M
	removed map[K]struct{}
}

func (e *entries[M, K, V]) removes() bool { return len(e.removed) > 0 }

func (e *entries[M, K, V]) apply(s *Session, field int) {
	ownMap(s, field, e.storage)
	for key := range e.removed {
		delete(*e.storage, key)
	}
	maps.Copy(*e.storage, e.put)
}

// ownMap prepares a map in the storage to be changed.
func ownMap[M ~map[K]V, K comparable, V any](s *Session, field int, storage *M) {
	if f := &s.fields[field]; f.state&foreign != 0 {
		// The handler may have given the same map to every session.
		f.state &^= foreign
		*storage = maps.Clone(*storage)
	}
	if *storage == nil {
		*storage = M{}
	}
}

func (e *entries[M, K, V]) encode(s *Session, field int, b []byte, span string) (encoded []byte, err error) {
	defer restore(e.storage)()
	added := ""
	if len(e.put) > 0 {
		*e.storage = e.put
		if added, err = s.encodeElements(field); err != nil {
			return b, err
		}
	}
	one := M{}
	*e.storage = one
	replaced := func(entry string) bool {
		clear(one)
		if s.consumeEntry(field, entry) != nil {
			return false // it was read before
		}
		for key := range one {
			_, put := e.put[key]
			_, removed := e.removed[key]
			return put || removed
		}
		return false
	}
	defer wire.RecoverEncoding(&err)
	return wire.AppendSpliced(b, span, added, isSigned[K](), replaced), nil
}

// isSigned reports whether a type is a signed integer.
func isSigned[T any]() bool {
	kind := reflect.TypeFor[T]().Kind()
	return kind >= reflect.Int && kind <= reflect.Int64
}

func (e *entries[M, K, V]) check(s *Session, field int, span string) error {
	return checkEntries(s, field, e.storage, span)
}

func checkEntries[M ~map[K]V, K comparable, V any](s *Session, field int, storage *M, span string) error {
	defer restore(storage)()
	one := M{}
	*storage = one
	for entry := range wire.Entries(span) {
		clear(one)
		if err := s.consumeEntry(field, entry); err != nil {
			return err
		}
	}
	return nil
}

// entry is a step of entries: one that is put or removed.
type entry[M ~map[K]V, K comparable, V any] struct {
	storage *M
	key     K
	value   V
	removed bool
}

func (e *entry[M, K, V]) removes() bool { return e.removed }

func (e *entry[M, K, V]) check(s *Session, field int, span string) error {
	return checkEntries(s, field, e.storage, span)
}

func (e *entry[M, K, V]) apply(s *Session, field int) {
	ownMap(s, field, e.storage)
	if e.removed {
		delete(*e.storage, e.key)
	} else {
		(*e.storage)[e.key] = e.value
	}
}

func (e *entry[M, K, V]) addTo(to edit) edit {
	all, ok := to.(*entries[M, K, V])
	if !ok {
		all = &entries[M, K, V]{e.storage, M{}, map[K]struct{}{}}
	}
	if e.removed {
		delete(all.put, e.key)
		all.removed[e.key] = struct{}{}
	} else {
		delete(all.removed, e.key)
		all.put[e.key] = e.value
	}
	return all
}

// restore returns a function that gives a storage its present value back.
func restore[T any](storage *T) func() {
	value := *storage
	return func() { *storage = value }
}

// reasonUnreadable is why changes of a field are dropped that another program has written in a way
// that this one cannot read.
const reasonUnreadable = "the field cannot be read, so it keeps its bytes; Set and Clear replace them"

// dropUnreadable notes, once, that changes of a field are dropped.
func (s *Session) dropUnreadable(field int) {
	s.rare().dropped = true
	if f := &s.fields[field]; f.state&told == 0 {
		f.state |= told
		s.note(runtime.Event{Kind: runtime.EventDropped, Field: s.manager.schema.Fields[field].Key, Reason: reasonUnreadable})
	}
}
