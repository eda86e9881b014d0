package scsstore

import (
	"context"
	"fmt"
	"time"

	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

// margin is the time between the deadline of a value and the expiry that the underlying
// store gets, whose clock may differ.
const margin = 5 * time.Minute

// values reads and writes the values of the underlying store.
type values struct {
	plain   Underlying
	context contextual // nil if the underlying store accepts no contexts
}

// contextual has those methods of scs's CtxStore that this package uses.
type contextual interface {
	FindCtx(ctx context.Context, token string) (b []byte, found bool, err error)
	CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error
}

func newValues(underlying Underlying) values {
	v := values{plain: underlying}
	v.context, _ = underlying.(contextual)
	return v
}

func (v *values) find(ctx context.Context, key string) (b []byte, found bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if v.context != nil {
		b, found, err = v.context.FindCtx(ctx, key)
	} else {
		b, found, err = v.plain.Find(key)
	}
	if err != nil {
		return nil, false, fmt.Errorf("scsstore: finding a value: %w", err)
	}
	return b, found, nil
}

// commit writes a value that is needed until some time. The end of ctx does not interrupt a
// write that has begun: an abandoned write could still arrive after the lock was released,
// and overwrite a later one.
func (v *values) commit(ctx context.Context, key string, b []byte, until int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	expiry := time.Unix(0, expiry.Later(until, margin)).UTC().Truncate(time.Second).Add(time.Second)
	var err error
	if v.context != nil {
		err = v.context.CommitCtx(context.WithoutCancel(ctx), key, b, expiry)
	} else {
		err = v.plain.Commit(key, b, expiry)
	}
	if err != nil {
		return fmt.Errorf("scsstore: committing a value: %w", err)
	}
	return nil
}
