package redisstore

import (
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

func TestDeleteAgainRenewsTheTombstone(t *testing.T) {
	clock := newClock()
	s := open(t, single(t, testserver.SharedRedis(t)), WithClock(clock.Now))
	id, _ := created(t, s, day)
	for range 2 {
		if err := s.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		clock.Advance(expiry.TombstoneLife - time.Second)
	}
	if _, err := s.Load(t.Context(), id); err != runtime.ErrGone {
		t.Errorf("long after the first Delete and soon after the second: got %v, want %v", err, runtime.ErrGone)
	}
	clock.Advance(time.Second)
	if _, err := s.Load(t.Context(), id); err != runtime.ErrNotFound {
		t.Errorf("two minutes after the second: got %v, want %v", err, runtime.ErrNotFound)
	}
}

func TestNothingIsShortenedByAClockThatStepsBack(t *testing.T) {
	clock := newClock()
	s := open(t, single(t, testserver.SharedRedis(t)), WithClock(clock.Now))
	id, _ := created(t, s, day)
	for range 2 {
		if err := s.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		clock.Advance(-time.Hour)
	}
	clock.Advance(2*time.Hour + time.Minute)
	if _, err := s.Load(t.Context(), id); err != runtime.ErrGone {
		t.Errorf("a minute after the first Delete: got %v, want %v", err, runtime.ErrGone)
	}
}

func TestUpdateWithoutADeadlineIsRefused(t *testing.T) {
	s := open(t, single(t, testserver.SharedRedis(t)))
	id, rec := created(t, s, day)
	for _, ttl := range []runtime.TTL{{}, {Life: time.Hour}, {Idle: -1}, {Idle: time.Hour, Life: -1}} {
		if err := s.Update(t.Context(), id, rec.Rev, record(), ttl); err == nil {
			t.Errorf("Update with %+v: got no error", ttl)
		}
	}
	if got, err := s.Load(t.Context(), id); err != nil || got.Rev != rec.Rev {
		t.Errorf("after updates that were refused: revision %x, error %v", got.Rev, err)
	}
}

func TestLargeRecordsAreTouchedWithoutBeingMoved(t *testing.T) {
	s := open(t, single(t, testserver.SharedRedis(t)))
	id, rec := fresh[runtime.ID](), record(fresh[runtime.Term]())
	rec.Data = strings.Repeat("\x00\xff", 1<<20)
	if err := s.Create(t.Context(), id, rec, day); err != nil {
		t.Fatal(err)
	}
	if err := s.Touch(t.Context(), id, 2*time.Hour); err != nil {
		t.Fatal(err)
	}
	got, err := s.Load(t.Context(), id)
	if err != nil || got.Data != rec.Data || got.Terms[0] != rec.Terms[0] || got.Idle < time.Hour {
		t.Errorf("after Touch: %d bytes, idle %v, error %v", len(got.Data), got.Idle, err)
	}
}
