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

// maxSwaps bounds how often a compare-and-swap is tried again because of concurrent requests.
const maxSwaps = 50

// caller makes a call to the store, and repeats it while the outcome is unclear.
type caller func(do func(context.Context) error) error

// revocations are the records that invalidate sealed sessions.
type revocations struct {
	store     runtime.Store
	life      time.Duration // of a record; longer than that of any cookie
	session   []byte        // precedes the session's ID in the hash
	principal []byte        // precedes the principal in the hash
	all       allRecord     // revokes every cookie
}

// The IDs of the records are hashes with their own domains, so that one store can also hold
// stored sessions. Both include the application, the schema and the cookie, so that an ID or a
// principal of another one revokes nothing here.

func (r *revocations) ofSession(id runtime.ID) runtime.ID { return recordID(r.session, string(id[:])) }

func (r *revocations) ofPrincipal(wire string) runtime.ID { return recordID(r.principal, wire) }

func recordID(prefix []byte, name string) runtime.ID {
	buffer := scratch.Pool.Get().(*[]byte)
	defer scratch.Pool.Put(buffer)
	*buffer = append(append((*buffer)[:0], prefix...), name...)
	digest := sha256.Sum256(*buffer)
	return runtime.ID(digest[:])
}

// check returns the standing of a cookie that carries a revision.
func (r *revocations) check(ctx context.Context, recordID runtime.ID, revision runtime.Rev) (standing, error) {
	rec, err := r.store.Load(ctx, recordID)
	switch {
	case errors.Is(err, runtime.ErrNotFound):
		return live, nil
	case errors.Is(err, runtime.ErrGone):
		return ended, nil // the engine never deletes such a record, so fail closed
	case err != nil:
		return absent, err
	}
	return standingBy(rec, revision), nil
}

// standingBy returns the standing of a cookie that carries a revision, according to a record.
func standingBy(rec runtime.Record, revision runtime.Rev) standing {
	kind, age := record.ParseRevocation(rec)
	switch {
	case kind == record.RevocationMoved && rec.Rev == revision:
		return live
	case age >= record.RenewalGrace:
		return absent
	case kind == record.RevocationMoved:
		return renewed
	default:
		return ended
	}
}

// revision returns the revision that new cookies of a principal carry.
func (r *revocations) revision(ctx context.Context, recordID runtime.ID) (runtime.Rev, error) {
	rec, err := r.store.Load(ctx, recordID)
	if errors.Is(err, runtime.ErrNotFound) {
		return runtime.Rev{}, nil
	}
	return rec.Rev, err
}

// swap replaces a record with the revision from, which is zero if there is none. It reports
// false if another request was faster.
func (r *revocations) swap(call caller, recordID runtime.ID, from, to runtime.Rev, kind byte) (swapped bool, err error) {
	rec := runtime.Record{Rev: to, Data: record.Revocation(kind, r.life)}
	ttl := runtime.TTL{Idle: r.life, Life: r.life}
	create := func(ctx context.Context) error { return r.store.Create(ctx, recordID, rec, ttl) }
	if from == (runtime.Rev{}) {
		err = call(create)
	} else {
		err = call(func(ctx context.Context) error { return r.store.Update(ctx, recordID, from, rec, ttl) })
		if errors.Is(err, runtime.ErrNotFound) {
			err = call(create) // the cookies that it invalidated have expired
		}
	}
	if retry.IsClear(err) {
		return false, nil
	}
	return err == nil, err
}

// force is swap for any revision. It returns the revision that the record has got, which is
// another one than to if other requests were faster: to may have been stored before them, in an
// attempt whose answer was lost, and cookies that carry it may have been revoked since.
func (r *revocations) force(call caller, recordID runtime.ID, from, to runtime.Rev, kind byte) (made runtime.Rev, err error) {
	for range maxSwaps {
		swapped, err := r.swap(call, recordID, from, to, kind)
		if swapped || err != nil {
			return to, err
		}
		var rec runtime.Record
		err = call(func(ctx context.Context) (err error) {
			rec, err = r.store.Load(ctx, recordID)
			return err
		})
		switch {
		case errors.Is(err, runtime.ErrNotFound):
			from, to = runtime.Rev{}, newRev()
			continue
		case errors.Is(err, runtime.ErrGone):
			return to, nil
		case err != nil:
			return to, err
		}
		if was, _ := record.ParseRevocation(rec); was == record.RevocationFinished {
			return to, nil
		}
		from, to = rec.Rev, newRev()
	}
	return to, errRestless
}
