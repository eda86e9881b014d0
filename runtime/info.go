package runtime

import "time"

// Info describes a session apart from its fields. It contains no secret.
type Info struct {
	// ID names the session. It may be shown, put into forms, and given to Revoke.
	ID ID
	// New reports whether the session was not stored before this request.
	New bool
	// Created is when the session was first stored. It is zero for a new session.
	Created time.Time
	// AuthenticatedAt is when the principal, the signed-in user, was last set. It is zero for
	// an anonymous session.
	AuthenticatedAt time.Time
	// LastSeen is when the last request came, to within a tenth of the idle timeout.
	LastSeen time.Time
	// Expires is when the session ends unless there is another request.
	Expires time.Time
	// Client is what [WithClient] recorded.
	Client Client
}

// Client is what an application records about the sender of a request. Each text is cut to
// 256 bytes.
type Client struct {
	UserAgent string // the User-Agent header
	Address   string // the network address, as the application knows it behind its proxies
}
