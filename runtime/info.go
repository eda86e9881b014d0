package runtime

import "time"

// Info tells about a session what is neither its fields nor a secret.
type Info struct {
	// ID names the session. It may be shown, put into forms, and given to Revoke.
	ID ID
	// New says that the session was not there before this request.
	New bool
	// Created is when it was stored first; zero for a new one.
	Created time.Time
	// AuthenticatedAt is when the principal was last set; zero for nobody.
	AuthenticatedAt time.Time
	// LastSeen is when the last request came, to within a tenth of the idle timeout.
	LastSeen time.Time
	// Expires is when the session ends unless there is another request.
	Expires time.Time
	// Client is what [WithClient] recorded.
	Client Client
}

// Client is what an application wants to remember of who sent a request. Each
// text is cut to 256 bytes.
type Client struct {
	UserAgent string // the User-Agent header
	Address   string // the network address, as the application knows it behind its proxies
}
