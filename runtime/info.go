package runtime

import "time"

// Info describes a session apart from its fields. It contains no secret. Its times are in UTC,
// without a monotonic clock reading. JSON names its members in snake_case, and leaves out an ID
// and times that are zero.
type Info struct {
	// ID names the session. It may be shown, put into forms, and given to Revoke.
	ID ID `json:"id,omitzero"`
	// New reports whether the session was not stored before this request.
	New bool `json:"new"`
	// Current reports whether the session is that of the request: of the one whose Info method
	// was called, or of the one whose context was given to ListBy.
	Current bool `json:"current"`
	// Created is when the session was first stored. It is zero for a new session.
	Created time.Time `json:"created,omitzero"`
	// AuthenticatedAt is when the principal, the signed-in user, was last set. It is zero for
	// an anonymous session.
	AuthenticatedAt time.Time `json:"authenticated_at,omitzero"`
	// LastSeen is when the last request came, to within a tenth of the idle timeout.
	LastSeen time.Time `json:"last_seen,omitzero"`
	// Expires is when the session ends unless there is another request.
	Expires time.Time `json:"expires,omitzero"`
	// Client is what [WithClient] recorded.
	Client Client `json:"client"`
}

// Client is what an application records about the sender of a request. Each text is cut to
// 256 bytes.
type Client struct {
	UserAgent string `json:"user_agent"` // the User-Agent header
	Address   string `json:"address"`    // the network address, as the application knows it behind its proxies
}
