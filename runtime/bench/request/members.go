package request

import (
	"context"
	"fmt"
	"net/http"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/bench/content"
	"github.com/sessiongen/sessiongen/runtime/bench/visitor"
)

// members is ours with a principal.
type members struct{ ours }

func newMembers() (app, error) {
	m := &members{}
	return m, m.renew()
}

func (m *members) serve(kind Kind, seen *Seen) (server, error) {
	events := runtime.WithEvents(func(_ context.Context, e runtime.Event) {
		if e.Kind != runtime.EventCreated || kind != New {
			seen.Err = fmt.Errorf("event %v: %w", e, errUnexpected)
		}
	})
	manager, err := visitor.NewMemberManager(m.store, events)
	if err != nil {
		return nil, err
	}
	sample := content.Sample()
	served, err := newServer(manager.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch kind {
		case ReadOne:
			seen.UserID = visitor.MemberFrom(r.Context()).UserID()
		case ReadAll:
			v := visitor.MemberFrom(r.Context())
			seen.Content = content.Content{
				UserID: v.UserID(), Username: v.Username(), LoggedIn: v.LoggedIn(), LastSeen: v.LastSeen(),
				Roles: v.Roles(), Cart: v.Cart(), Theme: v.Theme(),
			}
		case WriteOne:
			visitor.MemberFrom(r.Context()).SetTheme(seen.theme())
		case New:
			v := visitor.MemberFrom(r.Context())
			v.SetUserID(sample.UserID)
			v.SetUsername(sample.Username)
			v.SetLoggedIn(sample.LoggedIn)
			v.SetLastSeen(sample.LastSeen)
			v.SetRoles(sample.Roles)
			v.SetCart(sample.Cart)
			v.SetTheme(sample.Theme)
		}
		w.WriteHeader(http.StatusOK)
	})))
	if err != nil {
		return nil, err
	}
	served.(*overHTTP).name = "account"
	return served, nil
}
