package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/retry"
	"github.com/sessiongen/sessiongen/runtime/internal/scratch"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// maxSwaps bounds how often a compare-and-swap that others disturb is tried.
const maxSwaps = 50

// caller makes a call to the store, again while its outcome is unclear.
type caller func(do func(context.Context) error) error

// revocations are the records that say which sealed sessions are not good any more.
type revocations struct {
	store  runtime.Store
	life   time.Duration // of a record: longer than any cookie
	prefix []byte        // what names of principals begin with, before they are hashed
}

// The IDs of the records are hashes with domains of their own, so that a store may
// hold stored sessions as well. Sessions of another application or schema have
// principals of their own.

func (r *revocations) ofSession(id runtime.ID) runtime.ID {
	const domain = "\x1asessiongen sealed session "
	var text [len(domain) + len(id)]byte
	copy(text[:], domain)
	copy(text[len(domain):], id[:])
	digest := sha256.Sum256(text[:])
	return runtime.ID(digest[:])
}

func (r *revocations) ofPrincipal(wire string) runtime.ID {
	buffer := scratch.Pool.Get().(*[]byte)
	defer scratch.Pool.Put(buffer)
	*buffer = append(append((*buffer)[:0], r.prefix...), wire...)
	digest := sha256.Sum256(*buffer)
	return runtime.ID(digest[:])
}

// check tells whether a cookie that remembers a revision is good. If it is not, the
// standing is what it is worth.
func (r *revocations) check(ctx context.Context, recordID runtime.ID, revision runtime.Rev) (standing, error) {
	rec, err := r.store.Load(ctx, recordID)
	switch {
	case errors.Is(err, runtime.ErrNotFound):
		return live, nil
	case errors.Is(err, runtime.ErrGone):
		return ended, nil // we delete none of them, so it is better to believe the worst
	case err != nil:
		return absent, err
	}
	kind, age := record.ParseRevocation(rec)
	switch {
	case kind == record.RevocationMoved && rec.Rev == revision:
		return live, nil
	case age >= record.RenewalGrace:
		return absent, nil
	case kind == record.RevocationMoved:
		return renewed, nil
	default:
		return ended, nil
	}
}

// revision is what a principal's cookies are to remember.
func (r *revocations) revision(ctx context.Context, recordID runtime.ID) (runtime.Rev, error) {
	rec, err := r.store.Load(ctx, recordID)
	if errors.Is(err, runtime.ErrNotFound) {
		return runtime.Rev{}, nil
	}
	return rec.Rev, err
}

// swap replaces a record that has the revision from, which is zero for none. It
// reports false if another request was faster.
func (r *revocations) swap(call caller, recordID runtime.ID, from, to runtime.Rev, kind byte) (swapped bool, err error) {
	rec := runtime.Record{Rev: to, Data: record.Revocation(kind, r.life)}
	ttl := runtime.TTL{Idle: r.life, Life: r.life}
	create := func(ctx context.Context) error { return r.store.Create(ctx, recordID, rec, ttl) }
	if from == (runtime.Rev{}) {
		err = call(create)
	} else {
		err = call(func(ctx context.Context) error { return r.store.Update(ctx, recordID, from, rec, ttl) })
		if errors.Is(err, runtime.ErrNotFound) {
			err = call(create) // what it forbade has expired
		}
	}
	if retry.IsClear(err) {
		return false, nil
	}
	return err == nil, err
}

// force is swap whatever the revision is.
func (r *revocations) force(call caller, recordID runtime.ID, from, to runtime.Rev, kind byte) error {
	for range maxSwaps {
		swapped, err := r.swap(call, recordID, from, to, kind)
		if swapped || err != nil {
			return err
		}
		var rec runtime.Record
		err = call(func(ctx context.Context) (err error) {
			rec, err = r.store.Load(ctx, recordID)
			return err
		})
		switch {
		case errors.Is(err, runtime.ErrNotFound):
			from = runtime.Rev{}
			continue
		case errors.Is(err, runtime.ErrGone):
			return nil
		case err != nil:
			return err
		}
		if was, _ := record.ParseRevocation(rec); was == record.RevocationFinished {
			return nil
		}
		from = rec.Rev
	}
	return errRestless
}
