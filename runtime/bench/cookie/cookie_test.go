package cookie

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

func each(t *testing.T, test func(t *testing.T, trip *Trip)) {
	ways, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range ways {
		t.Run(way.Name, func(t *testing.T) {
			trip, err := NewTrip(way) // which compares what is read with what was written
			if err != nil {
				t.Fatal(err)
			}
			test(t, trip)
		})
	}
}

func TestTrap_CookiesHaveTheSameAttributes(t *testing.T) {
	each(t, func(t *testing.T, trip *Trip) {
		cookie, err := trip.sent()
		if err != nil {
			t.Fatal(err)
		}
		if cookie.Path != "/" || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode ||
			cookie.MaxAge != 0 || cookie.RawExpires != "" || len(cookie.Name) != len("basket_x") {
			t.Errorf("%q", trip.headers["Set-Cookie"])
		}
	})
}

// A way that does not look would be fast.
func TestTrap_CookiesAreProtected(t *testing.T) {
	each(t, func(t *testing.T, trip *Trip) {
		value := trip.request.Header.Get("Cookie")
		middle := len(value) / 2
		other := "A"
		if strings.HasPrefix(value[middle:], other) {
			other = "B"
		}
		trip.request.Header.Set("Cookie", value[:middle]+other+value[middle+1:])
		if trip.Read() == nil {
			t.Error("a forged cookie is accepted")
		}
		if err := trip.Write(); err != nil {
			t.Fatal(err)
		}
		trip.sample.UserID--
		trip.way.Write = func(w http.ResponseWriter, _ *content.Content) error {
			w.Header()["Set-Cookie"] = []string{trip.last}
			return nil
		}
		if trip.Write() == nil {
			t.Error("a cookie that was sent twice goes unnoticed")
		}
	})
}
