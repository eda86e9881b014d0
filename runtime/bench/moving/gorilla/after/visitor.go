package board

//go:generate go tool sessiongen -type visitor

// visitor is what the site remembers about one browser. It was written by
// sessiongen init -from gorilla, and is yours from now on.
type visitor struct {
	// The cookie was called board. The new one has another name, so that old and new are told apart;
	// it is always Secure and HttpOnly.
	// Each Save began the old session's time anew. The new one has an end that nothing extends, and
	// may have an idle timeout, which is safer if it is shorter.
	_ struct{} `session:"idle=168h,lifetime=168h" cookie:"__Host-visitor,samesite=lax"`

	// Visits is put at site.go:43:2.
	// It is read at site.go:42:15.
	Visits int `session:"visits"`

	// Flashes is put at site.go:69:2.
	// It is read at site.go:44:13.
	Flashes []string `session:"_flash,flash"`

	// Name is put at site.go:68:2.
	// It is read at site.go:52:17.
	Name string `session:"name"`

	// UserID is put at site.go:67:2.
	// It is read at site.go:89:14.
	// It is a guess that this says who is signed in, because of its name.
	UserID int `session:"user_id,principal"`
}
