package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// One record revokes all sealed sessions of a manager. A request would have to look it up like the
// records of its session and principal. Instead, a process goes by what it has read at most
// allLease ago, by its monotonic clock. RevokeAll is final nevertheless: it returns only after
// every process has had to read the record again.
const (
	allLease = 5 * time.Second
	allWait  = allLease + time.Second
)

// allRecord is that record, as this process knows it.
type allRecord struct {
	id    runtime.ID
	known atomic.Pointer[allRead]
}

// allRead is what a Load of the record has found.
type allRead struct {
	begun time.Time // before the Load
	found bool
	rec   runtime.Record
}

// everyone returns what is known of the record, and loads it if that is too old.
func (r *revocations) everyone(ctx context.Context) (*allRead, error) {
	if known := r.all.known.Load(); known != nil && time.Since(known.begun) < allLease {
		return known, nil
	}
	return r.loadEveryone(ctx)
}

// standingAmongAll returns the standing of a cookie that carries a revision of the record. Another
// process may know a later RevokeAll, and have sent the cookie after it, so only what the record
// says now refuses a cookie.
func (r *revocations) standingAmongAll(ctx context.Context, revision runtime.Rev) (standing, error) {
	start := time.Now()
	all, err := r.everyone(ctx)
	if err == nil && all.begun.Before(start) && all.standing(revision) != live {
		all, err = r.loadEveryone(ctx)
	}
	if err != nil {
		return absent, err
	}
	return all.standing(revision), nil
}

func (r *revocations) loadEveryone(ctx context.Context) (*allRead, error) {
	read := &allRead{begun: time.Now(), found: true}
	var err error
	switch read.rec, err = r.store.Load(ctx, r.all.id); {
	case errors.Is(err, runtime.ErrNotFound):
		read.found = false
	case err != nil:
		return nil, err // ErrGone, too: the engine never deletes the record, so fail closed
	}
	r.all.known.Store(read)
	return read, nil
}

// standing returns the standing of a cookie that carries a revision of the record.
func (a *allRead) standing(revision runtime.Rev) standing {
	if !a.found {
		return live // the cookies that it invalidated have expired
	}
	now := a.rec
	now.Life -= time.Since(a.begun)
	if by := standingBy(now, revision); by != renewed {
		return by
	}
	return ended
}

// revision returns the revision that new cookies carry.
func (a *allRead) revision() runtime.Rev {
	if !a.found {
		return runtime.Rev{}
	}
	return a.rec.Rev
}

// revokeAll ends all sessions. Their number is unknown.
func (k *sealedKeeper) revokeAll(ctx context.Context) (int, error) {
	err := error(errNoRevocation)
	if k.revoked != nil {
		_, err = k.revoked.force(repeating(ctx), k.revoked.all.id, runtime.Rev{}, newRev(), record.RevocationMoved)
		k.revoked.all.known.Store(nil)
	}
	if err != nil {
		return 0, fmt.Errorf("sessiongen: revoking all sessions: %w", err)
	}
	k.manager.raise(ctx, runtime.Event{Kind: runtime.EventRevoked, Reason: "all sealed sessions; they cannot be counted"})
	k.manager.destroyOwn(ctx, endsWithAll)
	wait := time.NewTimer(allWait)
	defer wait.Stop()
	select {
	case <-wait.C:
		return 0, nil
	case <-ctx.Done():
		return 0, fmt.Errorf("sessiongen: revoking all sessions: other processes may accept them for some seconds yet: %w", ctx.Err())
	}
}
