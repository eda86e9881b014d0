package debugpage_test

import (
	"context"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/debugpage"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

func TestTheLastEventsAreKeptNewestFirst(t *testing.T) {
	s := newSite(t)
	empty := get(s.page(), s.request(func(*shop.Visitor) {})).Body.String()
	s.wants(empty, "No event yet.")
	record := func(reason string) {
		s.events.Record(context.Background(), runtime.Event{Kind: runtime.EventDropped, Schema: "visitor", Reason: reason})
	}
	for range 25 {
		record("of long ago")
	}
	for range 18 {
		record("between")
	}
	record("the one before")
	record("the newest")
	body := get(s.page(), s.request(func(*shop.Visitor) {})).Body.String()
	s.wantsNot(body, "of long ago")
	s.wants(body, `Last events <span class="number">20</span>`)
	if newest, before := strings.Index(body, "the newest"), strings.Index(body, "the one before"); newest < 0 || before < newest {
		t.Errorf("the newest is at %d, the one before at %d", newest, before)
	}
	if n := strings.Count(body, "between"); n != 18 {
		t.Errorf("%d of 18 events are there", n)
	}
	plain := get(debugpage.New(s.visitors), s.request(signedIn)).Body.String()
	s.wants(plain, "debugpage.WithEvents")
}
