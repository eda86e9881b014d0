package engine_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/stubborn"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// keepsakes is a browser of a site whose schema has types that do not read all that they write.
type keepsakes struct {
	t       *testing.T
	site    *testsite.Site
	browser *testsite.Browser
	manager *stubborn.KeepsakeManager
	failure error // of the last response
}

func newKeepsakes(t *testing.T) *keepsakes {
	s := testsite.New(t)
	k := &keepsakes{t: t, site: s, browser: s.Browser()}
	manager, err := stubborn.NewKeepsakeManager(s.Store, runtime.WithClock(s.Clock.Now), runtime.WithEvents(s.Record),
		runtime.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, err error) {
			k.failure = err
			w.WriteHeader(http.StatusInternalServerError)
		}))
	if err != nil {
		t.Fatal(err)
	}
	k.manager = manager
	return k
}

// visit serves a request and returns its status.
func (k *keepsakes) visit(handle func(v *stubborn.Keepsake)) int {
	w := httptest.NewRecorder()
	k.failure = nil
	k.manager.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		handle(stubborn.KeepsakeFrom(r.Context()))
	})).ServeHTTP(w, k.browser.Request("GET"))
	k.browser.Keep(w.Result())
	return w.Code
}

// A zero element of a type that does not read its own zero value is kept, wherever it stands.
func TestZerosAreKeptWhateverTheirTypeMakesOfThem(t *testing.T) {
	k := newKeepsakes(t)
	day, zero := stubborn.Date{Year: 2026, Month: 5, Day: 4}, stubborn.Date{}
	status := k.visit(func(v *stubborn.Keepsake) {
		v.SetDay(zero)
		v.SetDays([]stubborn.Date{day, zero, day})
		v.SetByDay(map[stubborn.Date]string{day: "a", zero: "b"})
		v.SetDayOf(map[string]stubborn.Date{"a": day, "b": zero})
		v.SetOneDay(&zero)
	})
	testsite.Equal(t, status, http.StatusOK, "status")
	k.visit(func(v *stubborn.Keepsake) {
		testsite.Equal(t, v.HasDay(), true, "the day is set")
		testsite.Equal(t, slices.Equal(v.Days(), []stubborn.Date{day, zero, day}), true, fmt.Sprint("days: ", v.Days()))
		testsite.Equal(t, maps.Equal(v.ByDay(), map[stubborn.Date]string{day: "a", zero: "b"}), true, fmt.Sprint("keys: ", v.ByDay()))
		testsite.Equal(t, maps.Equal(v.DayOf(), map[string]stubborn.Date{"a": day, "b": zero}), true, fmt.Sprint("values: ", v.DayOf()))
		testsite.Equal(t, v.OneDay() != nil && *v.OneDay() == zero, true, "a pointer to zero")
	})
	testsite.Equal(t, k.site.Count(runtime.EventFieldReset), 0, "fields that were reset")
}

// A type may write a value to another length each time. The lengths of the messages around it
// are those of what was written.
func TestValuesWhoseLengthsShiftAreReadBack(t *testing.T) {
	k := newKeepsakes(t)
	t.Cleanup(func() { stubborn.Stretch = func() int { return 0 } })
	var want []stubborn.Trip
	for i := range 40 {
		want = append(want, stubborn.Trip{Note: stubborn.Stretching(fmt.Sprint("trip ", i))})
	}
	calls := 0
	stubborn.Stretch = func() int { calls++; return calls * calls % 7 * 40 }
	status := k.visit(func(v *stubborn.Keepsake) {
		v.SetTrips(want)
		v.PutTree("a", &want[1])
		v.AddCount(1)
	})
	testsite.Equal(t, status, http.StatusOK, "status")
	k.visit(func(v *stubborn.Keepsake) {
		testsite.Equal(t, slices.Equal(v.Trips(), want), true, fmt.Sprint("trips: ", v.Trips()))
		testsite.Equal(t, v.Tree()["a"] != nil && *v.Tree()["a"] == want[1], true, "tree")
		testsite.Equal(t, v.Count(), 1, "count")
	})
	testsite.Equal(t, k.site.Count(runtime.EventFieldReset), 0, "fields that were reset")
}

// What cannot be read back is not acknowledged: the commit fails, and says which field it was.
func TestWhatCannotBeReadBackFailsItsCommit(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		change func(v *stubborn.Keepsake)
		field  string
		reason string
	}{
		"a value that its type refuses": {func(v *stubborn.Keepsake) { v.SetForgot("hunter2") }, "forgot", "cannot be read back"},
		"a secret one":                  {func(v *stubborn.Keepsake) { v.SetPassword("hunter2") }, "password", "withheld"},
		"a date that there is not":      {func(v *stubborn.Keepsake) { v.AppendDays(stubborn.Date{Year: 2026}) }, "days", "cannot be read back"},
		"a key that is NaN":             {func(v *stubborn.Keepsake) { v.PutWeights(nan, 1) }, "weights", "not a number"},
		"a NaN put into the live map":   {func(v *stubborn.Keepsake) { v.Weights()[nan] = 1 }, "weights", "not a number"},
		"a key with NaN in it":          {func(v *stubborn.Keepsake) { v.PutPlaces(stubborn.Place{North: nan}, 1) }, "places", "not a number"},
		"keys that become one": {func(v *stubborn.Keepsake) {
			v.PutNames("Ada", 1)
			v.PutNames("ADA", 2)
		}, "names", "written alike"},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKeepsakes(t)
			k.visit(func(v *stubborn.Keepsake) { v.SetCount(1); v.PutWeights(1, 1) })
			var err error
			status := k.visit(func(v *stubborn.Keepsake) {
				c.change(v)
				v.SetCount(2)
				err = v.Commit(t.Context())
			})
			testsite.Equal(t, status, http.StatusInternalServerError, "status")
			if !errors.Is(err, runtime.ErrEncoding) || !strings.Contains(err.Error(), "field "+c.field+":") || !strings.Contains(err.Error(), c.reason) {
				t.Fatalf("the commit says %v", err)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error quotes the value: %v", err)
			}
			k.visit(func(v *stubborn.Keepsake) {
				testsite.Equal(t, v.Count(), 1, "count")
				testsite.Equal(t, fmt.Sprint(v.Weights()), "map[1:1]", "weights")
			})
		})
	}
}

// A map with keys that are NaN, from another program, cannot be read. Reading it changes nothing.
func TestAMapWithNaNKeysIsNotWrittenByReadingIt(t *testing.T) {
	k := newKeepsakes(t)
	k.visit(func(v *stubborn.Keepsake) { v.SetCount(1) })
	var id runtime.ID
	k.visit(func(v *stubborn.Keepsake) { id = v.Info().ID })
	number := wire.FieldNumber("weights")
	entry := func(weight int64) string {
		contents := wire.AppendInt(wire.AppendFloat64(nil, 1, math.NaN()), 2, weight)
		return string(wire.AppendString(nil, number, contents))
	}
	k.site.RewriteRecord(id, func(data string) string { return data + entry(1) + entry(2) })
	k.site.Store.Took()
	k.visit(func(v *stubborn.Keepsake) { testsite.Equal(t, len(v.Weights()), 0, "weights") })
	testsite.Equal(t, k.site.Store.Took(), "load", "store calls of a read")
	testsite.Equal(t, k.site.Count(runtime.EventFieldReset), 1, "events")
}

// A cookie, too, is not sent if it would not be read.
func TestACookieThatCannotBeReadBackIsNotSent(t *testing.T) {
	for name, set := range map[string]func(v *stubborn.Keepsake){
		"until": func(v *stubborn.Keepsake) { v.SetUntil(stubborn.Date{}) },
		"since": func(v *stubborn.Keepsake) { v.SetSince("hunter2") },
	} {
		k := newKeepsakes(t)
		testsite.Equal(t, k.visit(set), http.StatusInternalServerError, "status of "+name)
		if !errors.Is(k.failure, runtime.ErrCookie) || !strings.Contains(k.failure.Error(), name) || !strings.Contains(k.failure.Error(), "does not read back what it has written") {
			t.Errorf("%s: the error is %v", name, k.failure)
		}
		testsite.Equal(t, k.browser.Cookies[name], "", "the cookie "+name)
	}
}

// An unset map can be written to: the getter makes one.
func TestALiveMapThatIsUnsetCanBeWrittenTo(t *testing.T) {
	k := newKeepsakes(t)
	k.visit(func(v *stubborn.Keepsake) { v.SetCount(1) })
	k.site.Store.Took()
	k.visit(func(v *stubborn.Keepsake) { testsite.Equal(t, len(v.Weights()), 0, "weights") })
	testsite.Equal(t, k.site.Store.Took(), "load", "store calls of a read")
	k.visit(func(v *stubborn.Keepsake) { v.Weights()[2] = 5 })
	k.visit(func(v *stubborn.Keepsake) {
		testsite.Equal(t, fmt.Sprint(v.Weights()), "map[2:5]", "weights")
		v.ClearWeights()
		v.Weights()[3] = 6
	})
	k.visit(func(v *stubborn.Keepsake) {
		testsite.Equal(t, fmt.Sprint(v.Weights()), "map[3:6]", "weights after they were cleared")
	})
}
