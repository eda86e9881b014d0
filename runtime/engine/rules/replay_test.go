package rules

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

func TestReplay(t *testing.T) {
	item := func(sku string) shop.Item { return shop.Item{SKU: sku} }
	for _, c := range []struct {
		name          string
		first, second func(v *shop.Visitor)
		want          string
	}{
		{"adds", func(v *shop.Visitor) { v.AddVisits(2) }, func(v *shop.Visitor) { v.AddVisits(3) }, "visits=15 cart=a prefs=map[x:1] username=old"},
		{"different fields", func(v *shop.Visitor) { v.SetVisits(2) }, func(v *shop.Visitor) { v.SetUsername("new") }, "visits=2 cart=a prefs=map[x:1] username=new"},
		{"appends", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.AppendCart(item("c")) }, "visits=10 cart=abc prefs=map[x:1] username=old"},
		{"puts", func(v *shop.Visitor) { v.PutPrefs("y", 2) }, func(v *shop.Visitor) { v.PutPrefs("z", 3); v.RemovePrefs("x") }, "visits=10 cart=a prefs=map[y:2 z:3] username=old"},
		{"updates", func(v *shop.Visitor) { v.UpdateVisits(func(n int) int { return n * 2 }) }, func(v *shop.Visitor) { v.UpdateVisits(func(n int) int { return n + 1 }) }, "visits=21 cart=a prefs=map[x:1] username=old"},
		{"a set over an add", func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) { v.SetVisits(5) }, "visits=5 cart=a prefs=map[x:1] username=old"},
		{"an add over a set", func(v *shop.Visitor) { v.SetVisits(5) }, func(v *shop.Visitor) { v.AddVisits(1) }, "visits=6 cart=a prefs=map[x:1] username=old"},
		{"a set of what it was", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.SetCart([]shop.Item{item("a")}) }, "visits=10 cart=a prefs=map[x:1] username=old"},
		{"an edit in place over an append", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.Cart()[0].SKU = "z" }, "visits=10 cart=z prefs=map[x:1] username=old"},
		{"a read", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.Cart(); v.AddVisits(1) }, "visits=11 cart=ab prefs=map[x:1] username=old"},
		{"clear", func(v *shop.Visitor) { v.SetUsername("new") }, func(v *shop.Visitor) { v.ClearUsername() }, "visits=10 cart=a prefs=map[x:1] username="},
		{"a set and then an add", func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) { v.SetVisits(1); v.AddVisits(1) }, "visits=2 cart=a prefs=map[x:1] username=old"},
		{"an add and then a set", func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) { v.AddVisits(1); v.SetVisits(1) }, "visits=1 cart=a prefs=map[x:1] username=old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) {
				v.SetVisits(10)
				v.SetUsername("old")
				v.SetCart([]shop.Item{item("a")})
				v.PutPrefs("x", 1)
			})
			response := testsite.Race(b, c.first, c.second)
			testsite.Equal(t, response.StatusCode, 200, "status")
			got := testsite.See(b, func(v *shop.Visitor) string {
				cart := ""
				for _, item := range v.Cart() {
					cart += item.SKU
				}
				return fmt.Sprintf("visits=%d cart=%s prefs=%v username=%s", v.Visits(), cart, v.Prefs(), v.Username())
			})
			testsite.Equal(t, got, c.want, "in the end")
		})
	}
}

// Relative changes stay relative whatever else is done with the field.
func TestReplayOfFieldsThatWereLent(t *testing.T) {
	item := func(sku string) shop.Item { return shop.Item{SKU: sku} }
	for _, c := range []struct {
		name          string
		first, second func(v *shop.Visitor)
		want          string
	}{
		{"read and appended to", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.Cart(); v.AppendCart(item("c")) }, "abc hello"},
		{"appended to and read", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.AppendCart(item("c")); v.Cart() }, "abc hello"},
		{"appended to and edited", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.AppendCart(item("c")); v.Cart()[0].SKU = "z" }, "zc hello"},
		{"a flash updated and taken", func(v *shop.Visitor) { v.SetNotice("newer") }, func(v *shop.Visitor) {
			v.UpdateNotice(func(n string) string { return n + "!" })
			v.TakeNotice()
		}, "a newer"},
		{"a flash taken and set", func(v *shop.Visitor) { v.SetNotice("newer") }, func(v *shop.Visitor) { v.TakeNotice(); v.SetNotice("own") }, "a own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetCart([]shop.Item{item("a")}); v.SetNotice("hello") })
			testsite.Race(b, c.first, c.second)
			testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) string {
				skus := ""
				for _, item := range v.Cart() {
					skus += item.SKU
				}
				return skus + " " + v.Notice()
			}), c.want, "in the end")
		})
	}
}

// The function given to Update may look at the session, when it runs again too.
func TestReplayedUpdateReadsTheSession(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		testsite.Race(b, func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) {
			v.UpdateVisits(func(n int) int { return n + int(v.UserID()) })
		})
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for ever")
	}
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 8, "visits")
}

// What another goroutine of the request changes while the function runs is not lost.
func TestUpdateRunsAgainWhenItsFieldHasChanged(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) {
		runs := 0
		v.UpdateVisits(func(n int) int {
			if runs++; runs == 1 {
				var group sync.WaitGroup
				group.Go(func() { v.AddVisits(10) })
				group.Wait()
			}
			return n + 1
		})
		testsite.Equal(t, runs, 2, "runs")
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 11, "visits")
}

func TestUpdateInPlaceIsAppliedOnce(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.PutPrefs("n", 0) })
	b.Visit(func(v *shop.Visitor) {
		runs := 0
		v.UpdatePrefs(func(m map[string]int) map[string]int {
			m["n"]++
			if runs++; runs == 1 { // another goroutine of the same request
				done := make(chan struct{})
				go func() { v.PutPrefs("other", 1); close(done) }()
				<-done
			}
			return m
		})
	})
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) int { return v.Prefs()["n"] }), 1, "n after one increment")
}

func TestUpdateThatChangesItsOwnFieldEnds(t *testing.T) {
	s := testsite.New(t)
	s.Browser().Visit(func(v *shop.Visitor) {
		runs := 0
		func() {
			defer func() { recover() }()
			v.UpdateVisits(func(n int) int {
				if runs++; runs > 1000 {
					panic("enough")
				}
				v.AddVisits(1)
				return n
			})
		}()
		if runs > 1000 {
			t.Errorf("ran more than 1000 times")
		}
	})
}

func TestDestroyInAReplayedUpdateDoesNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t, runtime.WithTimeout(time.Second))
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
		done := make(chan struct{})
		go func() {
			defer close(done)
			runs := 0
			testsite.Race(b, func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) {
				v.UpdateVisits(func(n int) int {
					if runs++; runs > 1 {
						v.Destroy()
					}
					return n
				})
			})
		}()
		select {
		case <-done:
		case <-time.After(time.Hour):
			t.Error("the request hangs for more than an hour")
			panic("hangs")
		}
	})
}

func TestPanicInAReplayedUpdateLeavesTheSessionUsable(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	runs := 0
	func() {
		defer func() { _ = recover() }()
		testsite.Race(b, func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) {
			v.UpdateVisits(func(n int) int {
				if runs++; runs > 1 {
					panic("crash")
				}
				return n
			})
		})
	}()
	testsite.Equal(t, runs, 2, "runs")
	b.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 3, "visits")
}
