package tasks

//go:generate go tool sessiongen -type visitor

// visitor is what the site remembers about one browser. It was written by
// sessiongen init -from gin, and is yours from now on.
type visitor struct {
	// The cookie was called tasks. The new one has another name, so that old and new are told apart;
	// it is always Secure and HttpOnly.
	// Each Save began the old session's time anew. The new one has an end that nothing extends, and
	// may have an idle timeout, which is safer if it is shorter.
	_ struct{} `session:"idle=1h,lifetime=1h" cookie:"__Host-visitor,samesite=strict"`

	// Notice is put at site.go:57:2.
	// It is read at site.go:32:13.
	Notice []string `session:"notice,flash"`

	// User is put at site.go:56:2.
	// It is read at site.go:40:10, site.go:78:5.
	// It is a guess that this says who is signed in, because of its name.
	User string `session:"user,principal"`

	// Open is put at site.go:87:2.
	// It is read at site.go:45:13, site.go:86:13.
	Open []string `session:"open"`
}
