package cookie

import (
	"net/http"
	"testing"
)

// What no tag can say is refused in options that were written by hand.
func TestCheckRefusesValuesThatNoTagHas(t *testing.T) {
	for want, o := range map[string]Options{
		"invalid SameSite value: write strict, lax or none":  {Name: "theme", Path: "/", SameSite: http.SameSiteNoneMode + 1, Secure: true},
		"invalid protection: use Plain, Signed or Encrypted": {Name: "theme", Path: "/", SameSite: http.SameSiteLaxMode, Secure: true, Protection: Encrypted + 1},
	} {
		if found := Check(o); len(found) != 1 || found[0].Error() != want {
			t.Errorf("%+v: %v, want %s", o, found, want)
		}
	}
}
