package contest

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest/newer"
)

// newerProcess is a newer version of the program. With each visit it writes an entry to the log,
// with a field that the others do not know, and adds to the sum what they cannot hold.
type newerProcess struct{ guests *newer.GuestManager }

// addend is what a visit adds to the sum; the others add less than that together.
const addend = 1000

func (m *mix) newNewerProcess() *newerProcess {
	events := runtime.WithEvents(func(_ context.Context, e runtime.Event) {
		if e.Kind == runtime.EventFieldReset || e.Kind == runtime.EventRecordRefused {
			m.fail("a newer program raises %q for the field %q: %v", e.Kind, e.Field, e.Err)
		}
	})
	guests, err := newer.NewGuestManager(m.ground.Open(m.t), append(common(), events)...) //sessiongen:ignore two versions of one program share the sessions
	if err != nil {
		m.t.Fatal(err)
	}
	return &newerProcess{guests}
}

// visitNewer shows a cookie to the newer program, which must find all that it has ever written into
// what it finds.
func (m *mix) visitNewer(random *rand.Rand) {
	m.mu.Lock()
	var c *sentCookie
	if len(m.cookies) > 0 {
		c = m.cookies[max(0, len(m.cookies)-1-random.IntN(20))] // mostly of sessions that are alive
	}
	m.count.newer++
	m.mu.Unlock()
	if c == nil {
		return
	}
	request := httptest.NewRequest("GET", "https://inn.example/", nil)
	request.Header.Set("Cookie", guestCookie+"="+c.value)
	m.newer.guests.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		v := newer.GuestFrom(request.Context())
		if v.Info().New {
			return
		}
		ours := 0
		for _, entry := range v.Log() {
			if strings.HasPrefix(entry.Text, "newer") {
				ours++
			}
			if wanted := strings.HasPrefix(entry.Text, "newer"); wanted != (entry.By != "") {
				m.fail("a newer program sees %+v in the log", entry)
			}
		}
		if sum := v.Sum(); sum/addend != ours || sum < 0 {
			m.fail("a newer program has added %d times to a sum of %d", ours, sum)
		}
		if ours < 20 {
			v.AppendLog(newer.Entry{Text: "newer", By: "it"})
			v.AddSum(addend)
		}
	})).ServeHTTP(httptest.NewRecorder(), request)
}
