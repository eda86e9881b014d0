package engine

import (
	"context"
	"fmt"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
)

func (k *sealedKeeper) listBy(context.Context, int, Codec) ([]runtime.Info, error) {
	return nil, fmt.Errorf("sessiongen: listing sessions: %w", errNoList)
}

// revoke ends a session by its ID.
func (k *sealedKeeper) revoke(ctx context.Context, id runtime.ID) error {
	err := error(errNoRevocation)
	if k.revoked != nil {
		_, err = k.revoked.force(repeating(ctx), k.revoked.ofSession(id), runtime.Rev{}, newRev(), record.RevocationFinished)
	}
	if err != nil {
		return fmt.Errorf("sessiongen: revoking a session: %w", err)
	}
	k.manager.raise(ctx, runtime.Event{Kind: runtime.EventRevoked, ID: id, Reason: "a sealed session; whether there was one with this ID is unknown"})
	return nil
}

// revokeBy ends all sessions of a principal. Their number is unknown.
func (k *sealedKeeper) revokeBy(ctx context.Context, field int, codec Codec) (int, error) {
	m := k.manager
	f := m.schema.Fields[field]
	wire := m.wireIn(codec, field)
	if wire == "" {
		return 0, nil
	}
	err := error(errNoRevocation)
	if k.revoked != nil {
		_, err = k.revoked.force(repeating(ctx), k.revoked.ofPrincipal(wire), runtime.Rev{}, newRev(), record.RevocationMoved)
	}
	if err != nil {
		return 0, fmt.Errorf("sessiongen: revoking sessions by %s: %w", f.Key, err)
	}
	m.raise(ctx, runtime.Event{Kind: runtime.EventRevoked, Field: f.Key, Reason: "all sealed sessions of one principal; they cannot be counted"})
	m.destroyOwn(ctx, func(s *Session) bool { return s.seal().holder == wire })
	return 0, nil
}

func (k *sealedKeeper) watched(of known) []runtime.ID {
	switch {
	case k.revoked == nil:
		return nil
	case of.seal.holder == "":
		return []runtime.ID{k.revoked.all.id, k.revoked.ofSession(of.token.id)}
	}
	return []runtime.ID{k.revoked.all.id, k.revoked.ofSession(of.token.id), k.revoked.ofPrincipal(of.seal.holder)}
}

// newest checks whether a sealed session was revoked. Its fields are only in the cookie.
func (k *sealedKeeper) newest(of known, call caller) (b base, found bool, err error) {
	if !k.manager.options.Clock().Before(of.until) {
		return b, false, runtime.ErrEnded
	}
	if k.revoked == nil {
		return b, false, nil
	}
	standing := live
	err = call(func(ctx context.Context) (err error) {
		all, err := k.revoked.loadEveryone(ctx)
		if err != nil {
			return err
		}
		if standing = all.standing(of.seal.all); standing == live {
			standing, err = k.revoked.check(ctx, k.revoked.ofSession(of.token.id), of.seal.session)
		}
		if err == nil && standing == live && of.seal.holder != "" {
			standing, err = k.revoked.check(ctx, k.revoked.ofPrincipal(of.seal.holder), of.seal.principal)
		}
		return err
	})
	if err == nil && standing != live {
		err = runtime.ErrEnded
	}
	return b, false, err
}
