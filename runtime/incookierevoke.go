package runtime

import (
	"context"
	"fmt"
)

func (k *inCookie) listBy(context.Context, int, Codec) ([]Info, error) {
	return nil, fmt.Errorf("sessiongen: listing sessions: %w", errNoList)
}

// revoke ends a session by its ID.
func (k *inCookie) revoke(ctx context.Context, id ID) error {
	err := error(errNoRevocation)
	if k.revoked != nil {
		err = k.revoked.force(k.repeating(ctx), k.revoked.ofSession(id), Rev{}, newRev(), finished)
	}
	if err != nil {
		return fmt.Errorf("sessiongen: revoking a session: %w", err)
	}
	k.manager.raise(ctx, Event{Kind: Revoked, ID: id, Count: 1})
	return nil
}

// revokeBy ends all sessions of a principal; how many there are nobody knows.
func (k *inCookie) revokeBy(ctx context.Context, field int, codec Codec) (int, error) {
	m := k.manager
	f := m.schema.Fields[field]
	encoded, err := appendOf(codec, nil, field)
	wire := wireValue(string(encoded), f.Number)
	if err != nil || wire == "" {
		return 0, nil
	}
	err = errNoRevocation
	if k.revoked != nil {
		err = k.revoked.force(k.repeating(ctx), k.revoked.ofPrincipal(wire), Rev{}, newRev(), moved)
	}
	if err != nil {
		return 0, fmt.Errorf("sessiongen: revoking sessions by %s: %w", f.Key, err)
	}
	m.raise(ctx, Event{Kind: Revoked, Field: f.Key, Reason: "all sealed sessions of one principal; they cannot be counted"})
	return 0, nil
}

func (k *inCookie) repeating(ctx context.Context) caller {
	return func(do func(context.Context) error) error {
		_, err := k.manager.repeat(ctx, do)
		return err
	}
}
