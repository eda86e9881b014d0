package engine

import (
	"reflect"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// A generated method is a single call of a function in this file or in accesscookie.go. It
// passes the session, the index of the field, and a pointer to its storage.

// Get returns a field's value.
func Get[T any](s *Session, field int, p *T) T {
	s.lock()
	defer s.unlock()
	if s.fields[field].state&decoded == 0 {
		s.decode(field)
	}
	return *p
}

// Live returns a slice, a map, or a struct that contains one. Changes made in place are
// detected and saved.
func Live[T any](s *Session, field int, p *T) T {
	s.lock()
	defer s.unlock()
	s.decode(field)
	s.lend(field)
	return *p
}

// LiveMap is [Live] for a map, which it makes while the field is unset: a nil map panics when it
// is written to.
func LiveMap[M ~map[K]V, K comparable, V any](s *Session, field int, p *M) M {
	s.lock()
	defer s.unlock()
	s.decode(field)
	s.lend(field)
	if *p == nil {
		*p = M{}
	}
	return *p
}

// Has reports whether a field is set.
func Has(s *Session, field int) bool {
	s.lock()
	defer s.unlock()
	s.decode(field)
	if s.fields[field].state&lent != 0 && s.manager.schema.Fields[field].Traits&Collection != 0 {
		// The handler may have emptied or filled it in place.
		return s.codec.Holds(field)
	}
	return s.fields[field].state&present != 0
}

// Set replaces the value of a field.
func Set[T any](s *Session, field int, p *T, value T) {
	if !s.lockToChange(field) {
		return
	}
	defer s.unlock()
	*p = value
	s.assign(field, present|foreign)
}

// Clear unsets a field.
func Clear(s *Session, field int) {
	if !s.lockToChange(field) {
		return
	}
	defer s.unlock()
	s.codec.Reset(field)
	s.assign(field, 0)
}

// assign records that the storage of a field was replaced.
func (s *Session) assign(field int, presence fieldBits) {
	f := &s.fields[field]
	f.state = decoded | assigned | presence
	f.version++
	traits := s.manager.schema.Fields[field].Traits
	if traits&Collection != 0 {
		s.setPresence(field)
	}
	if traits&Principal != 0 {
		s.assignPrincipal(field)
	}
}

// assignPrincipal records a change of the principal. Signing out, or switching to another
// account, clears all fields of the session.
func (s *Session) assignPrincipal(field int) {
	before := s.principal
	s.principal = s.wireOfStorage(field)
	if s.principal == "" {
		s.codec.Reset(field)
		s.fields[field].state &^= present
		if before == "" && !s.principalSet {
			// The session stays anonymous, so there is nothing to renew.
			s.fields[field].state &^= assigned
			if s.standing == doubtful {
				s.ending = endWanted // signing out ends all that the cookies open
			}
			return
		}
	}
	s.principalSet = true
	if before != "" && before != s.principal {
		s.rare().before = before
		s.leave()
	}
}

// maxRuns is how often a function given to Update runs before its result counts in any case.
// Only a function that changes its own field gets there.
const maxRuns = 100

// Update replaces the value of a field by the result of change. If another request is faster,
// change runs again at commit, on the newest value. It runs without the lock of the session and
// on a copy of the value.
func Update[T any](s *Session, field int, p *T, change func(T) T) {
	for run := 1; ; run++ {
		if !s.lockToChange(field) {
			return
		}
		value, version, ok := beginUpdate(s, field, p)
		if !ok {
			return
		}
		value = change(value)
		if !s.lockToChange(field) || endUpdate(s, field, p, version, value, change, run == maxRuns) {
			return
		}
	}
}

// beginUpdate returns the value for change to run on, and gives the lock back. It reports false if
// the field cannot be read.
func beginUpdate[T any](s *Session, field int, p *T) (value T, version uint32, ok bool) {
	defer s.unlock()
	if !s.decodeToChange(field) {
		return value, 0, false
	}
	return ownValue(s, field, p), s.fields[field].version, true
}

// ownValue copies a value that can be changed in place. change may run again, and the original
// may be printed meanwhile or shared between sessions.
func ownValue[T any](s *Session, field int, p *T) T {
	switch reflect.TypeFor[T]().Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Struct, reflect.Array, reflect.Interface:
	default:
		return *p
	}
	if s.fields[field].state&present != 0 {
		if copied, err := s.copyInto(s.manager.schema.New(), field); err == nil {
			if value, ok := copied.(T); ok {
				return value
			}
		}
	}
	return *p
}

// endUpdate stores the result, unless the field has changed meanwhile, and gives the lock back.
// It reports whether the update is over.
func endUpdate[T any](s *Session, field int, p *T, version uint32, value T, change func(T) T, last bool) bool {
	defer s.unlock()
	if s.fields[field].version != version && !last {
		return false
	}
	*p = value
	s.share(field)
	s.applied(field, func() {
		value := ownValue(s, field, p)
		s.unlocked(func() { value = change(value) })
		*p = value
		s.share(field)
	})
	return true
}

// share records that the storage of a field shares memory with a value of the handler.
func (s *Session) share(field int) {
	f := &s.fields[field]
	f.state = f.state&^roomy | foreign
}

// Number is the constraint of types that Add can add to.
type Number interface {
	wire.SignedInteger | wire.UnsignedInteger | ~float32 | ~float64
}

// Add adds delta to the newest value of a field.
func Add[T Number](s *Session, field int, p *T, delta T) {
	s.change(field, func() { *p += delta })
}

// Append appends to the newest value of a field. Elements that are there keep their bytes.
func Append[S ~[]E, E any](s *Session, field int, p *S, values ...E) {
	if len(values) > 0 {
		s.edit(field, &appended[S, E]{p, values})
	}
}

// Put sets an entry in the newest value of a field. Other entries keep their bytes.
func Put[M ~map[K]V, K comparable, V any](s *Session, field int, p *M, key K, value V) {
	s.edit(field, &entry[M, K, V]{storage: p, key: key, value: value})
}

// Remove removes an entry from the newest value of a field. Other entries keep their bytes.
func Remove[M ~map[K]V, K comparable, V any](s *Session, field int, p *M, key K) {
	s.edit(field, &entry[M, K, V]{storage: p, key: key, removed: true})
}

// change makes a relative change and logs it for a replay.
func (s *Session) change(field int, apply func()) {
	if !s.lockToChange(field) {
		return
	}
	defer s.unlock()
	if s.decodeToChange(field) {
		apply()
		s.applied(field, apply)
	}
}

// decodeToChange prepares a relative change of the storage. It reports false if the field cannot
// be read, so that the change is dropped.
func (s *Session) decodeToChange(field int) bool {
	s.decode(field)
	s.settle(field)
	if s.fields[field].state&unreadable == 0 {
		return true
	}
	s.dropUnreadable(field)
	return false
}

// applied records that a relative change was made in the storage.
func (s *Session) applied(field int, apply func()) {
	f := &s.fields[field]
	f.version++
	f.state |= present
	s.setPresence(field)
	if f.state&assigned != 0 {
		return // a replay keeps the assigned value, which includes this change
	}
	f.state = f.state&^edited | relative
	s.rare().logChange(change{field: field, apply: apply})
	if f.state&lent != 0 {
		s.snapshot(field)
	}
}

// Take returns the value of a flash field and clears it. It clears the flash that it returns,
// never one that another request has set since. A HEAD or OPTIONS request reads without
// clearing, because its response shows nothing. A page that a browser loads in advance must not
// take a flash, so that navigation is refused; see [runtime.WithSpeculationStatus].
func Take[T any](s *Session, field int, p *T) (value T, found bool) {
	how := s.taking()
	if how != takes || !s.lockToChange(field) {
		s.lock()
		defer s.unlock()
		s.decode(field)
		if found = s.fields[field].state&present != 0; found && !s.takeAhead(how) {
			return value, false
		}
		return *p, found
	}
	defer s.unlock()
	s.decode(field)
	value = *p
	f := &s.fields[field]
	if f.state&present == 0 {
		return value, false
	}
	s.codec.Reset(field)
	f.state = decoded
	f.version++
	s.more.dropChanges(field)
	taken := s.flash(field)
	if taken.span == "" {
		return value, true // set by this request
	}
	f.state |= relative
	s.rare().logChange(change{field: field, taken: &taken})
	return value, true
}

// flash identifies one setting of a flash field. The mark differs even if the text is the same.
type flash struct{ mark, span string }

func (s *Session) flash(field int) flash {
	head := s.base.head()
	return flash{head.FlashMark(s.manager.schema.Fields[field].Number), s.span(field)}
}
