package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

func take(b *testsite.Browser) (notice string, found bool) {
	b.Visit(func(v *shop.Visitor) { notice, found = v.TakeNotice() })
	return notice, found
}

func TestFlashIsShownOnce(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetNotice("hello") })
	b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.Notice(), "hello", "a getter reads without clearing") })
	b.Visit(func(v *shop.Visitor) {
		notice, found := v.TakeNotice()
		testsite.Equal(t, notice, "hello", "notice")
		testsite.Equal(t, found, true, "found")
		notice, found = v.TakeNotice()
		testsite.Equal(t, notice, "", "notice when taken again")
		testsite.Equal(t, found, false, "found when taken again")
	})
	_, found := take(b)
	testsite.Equal(t, found, false, "found in the next request")
	s.Store.Took()
	take(b)
	testsite.Equal(t, s.Store.Took(), "load", "store calls where there is nothing to take")
}

func TestR17_HEADAndOPTIONSRequestsDoNotClearAFlash(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetNotice("hello") })
	for _, method := range []string{"HEAD", "OPTIONS"} {
		b.Send(method, func(v *shop.Visitor, _ testsite.ResponseWriter, _ *testsite.Request) {
			notice, found := v.TakeNotice()
			testsite.Equal(t, notice, "hello", "notice of a request with method "+method)
			testsite.Equal(t, found, true, "found by a request with method "+method)
		})
	}
	_, found := take(b)
	testsite.Equal(t, found, true, "found by the request that is seen")
	_, found = take(b)
	testsite.Equal(t, found, false, "found by the next one")
}

func TestR17_AFlashSetAgainMeanwhileIsShown(t *testing.T) {
	for _, again := range []string{"hello", "other"} {
		for _, c := range []struct {
			name  string
			first func(v *shop.Visitor)
		}{
			{"set", func(v *shop.Visitor) { v.SetNotice(again) }},
			{"taken and set", func(v *shop.Visitor) { v.TakeNotice(); v.SetNotice(again) }},
			{"updated", func(v *shop.Visitor) { v.UpdateNotice(func(string) string { return again }) }},
		} {
			t.Run(c.name+" to "+again, func(t *testing.T) {
				s := testsite.New(t)
				b := s.Browser()
				b.Visit(func(v *shop.Visitor) { v.SetNotice("hello") })
				testsite.Race(b, c.first, func(v *shop.Visitor) {
					notice, _ := v.TakeNotice()
					testsite.Equal(t, notice, "hello", "taken")
				})
				notice, _ := take(b)
				testsite.Equal(t, notice, again, "the newer one")
			})
		}
	}
}

func TestFlashTakenBySeveralAtOnceIsCleared(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetNotice("hello") })
	testsite.Race(b, func(v *shop.Visitor) { v.TakeNotice() }, func(v *shop.Visitor) { v.TakeNotice(); v.AddVisits(1) })
	_, found := take(b)
	testsite.Equal(t, found, false, "found")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, "visits")
}

func TestFlashSetAndTakenInOneRequestDoesNotWipeAnother(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	testsite.Race(b, func(v *shop.Visitor) { v.SetNotice("theirs") }, func(v *shop.Visitor) {
		v.SetNotice("mine")
		v.TakeNotice()
		v.AddVisits(1)
	})
	notice, _ := take(b)
	testsite.Equal(t, notice, "theirs", "notice")
}

func TestFlashTakenIsNotShownAgainAfterAnOlderTake(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetNotice("first") })
	older, setter, newer := b.Clone(), b.Clone(), b.Clone()
	took, olderDone, newerDone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	older.Visit(func(v *shop.Visitor) {
		v.TakeNotice()
		setter.Visit(func(v *shop.Visitor) { v.SetNotice("second") })
		go func() {
			defer close(newerDone)
			newer.Visit(func(v *shop.Visitor) {
				notice, _ := v.TakeNotice()
				testsite.Equal(t, notice, "second", "taken")
				close(took)
				<-olderDone
			})
		}()
		<-took
	})
	close(olderDone)
	<-newerDone
	if notice, found := take(b); found {
		t.Errorf("%q, which was taken, is shown again", notice)
	}
}

// Takers are at work all the time, and the next flash is set as soon as one was seen, while
// others that read the one before are still to commit: none of them wipes the new one.
func TestR12_NoFlashIsWipedUnread(t *testing.T) {
	flashes, takers := 200, 8
	if testsite.Long {
		flashes, takers = 10_000, 32
	}
	s := testsite.New(t)
	setter := s.Browser()
	setter.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	processes := []*shop.VisitorManager{s.Visitors, s.NewManager()}
	var group sync.WaitGroup
	stop, seen := make(chan struct{}), make(chan string)
	set := map[string]chan struct{}{} // closed when the flash behind the one with these words is there
	for i := range flashes {
		set[fmt.Sprint("flash ", i)] = make(chan struct{})
	}
	for i := range takers {
		b := setter.Clone()
		b.Manager = processes[i%2]
		group.Go(func() {
			for {
				notice := ""
				b.Visit(func(v *shop.Visitor) {
					if notice, _ = v.TakeNotice(); notice != "" && i%4 < 2 {
						select {
						case seen <- notice:
						case <-stop:
						}
						select {
						case <-set[notice]: // and commits only then
						case <-stop:
						}
						notice = ""
					}
				})
				select {
				case <-stop:
					return
				case seen <- notice:
				}
			}
		})
	}
	defer group.Wait()
	defer close(stop)
	repeated := 0
	for i := range flashes {
		words := fmt.Sprint("flash ", i)
		setter.Visit(func(v *shop.Visitor) { v.SetNotice(words) })
		if i > 0 {
			close(set[fmt.Sprint("flash ", i-1)])
		}
		for empty := 0; ; {
			notice := <-seen
			if notice == words {
				break
			}
			if notice != "" {
				repeated++
			} else if empty++; empty > 100*takers { // all of them have looked many times since it was set
				t.Fatalf("flash %d was wiped unread", i)
			}
		}
	}
	t.Logf("%d flashes, %d takers: all were delivered, %d of them to more than one", flashes, takers, repeated)
}

// Each of many flashes is seen by somebody, and none is wiped unread.
func TestR12_FlashesUnderManyTakers(t *testing.T) {
	flashes, takers := 300, 8
	if testsite.Long {
		flashes, takers = 10_000, 32
	}
	s := testsite.New(t)
	setter := s.Browser()
	setter.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	var seen atomic.Int64
	for i := range flashes {
		var group sync.WaitGroup
		setter.Visit(func(v *shop.Visitor) { v.SetNotice("same words") })
		got := atomic.Int64{}
		for range takers {
			b := setter.Clone()
			group.Go(func() {
				if _, found := take(b); found {
					got.Add(1)
				}
			})
		}
		group.Wait()
		if got.Load() == 0 {
			t.Fatalf("flash %d was seen by nobody", i)
		}
		seen.Add(got.Load())
		if _, found := take(setter); found {
			t.Fatalf("flash %d is still there", i)
		}
	}
	t.Logf("%d flashes seen %d times by %d takers", flashes, seen.Load(), takers)
}

// Another program's flashes have no marks: then the words tell them apart.
func TestFlashWithoutAMark(t *testing.T) {
	flash := func(text string) string {
		return string(wire.AppendString(nil, wire.FieldNumber("notice"), text))
	}
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	s.Rewrite(b, func(data string) string { return data + flash("hello") })
	b.Visit(func(v *shop.Visitor) {
		notice, _ := v.TakeNotice()
		testsite.Equal(t, notice, "hello", "taken")
		s.Rewrite(b, func(data string) string { return strings.Replace(data, flash("hello"), flash("other"), 1) })
	})
	notice, _ := take(b)
	testsite.Equal(t, notice, "other", "the newer one")
	_, found := take(b)
	testsite.Equal(t, found, false, "found when it was taken")
}

// A record has one mark for each flash that is set, those that we do not know included.
func TestFlashMarks(t *testing.T) {
	mark := func(field int32) string {
		number := wire.AppendUint(nil, 1, uint64(field))[1:]
		return string(append(wire.AppendMessage(nil, 12, len(number)+len(runtime.Rev{})), number...))
	}
	s := testsite.New(t)
	b := s.Browser()
	ours, unknown := mark(wire.FieldNumber("notice")), mark(200_000)+"revision"
	b.Visit(func(v *shop.Visitor) { v.SetNotice("hello") })
	s.Rewrite(b, func(data string) string { return strings.Replace(data, ours, unknown+ours, 1) })
	for range 3 {
		b.Visit(func(v *shop.Visitor) { v.SetNotice("hello") })
	}
	s.Rewrite(b, func(data string) string {
		testsite.Equal(t, strings.Count(data, ours), 1, "marks of our flash")
		testsite.Equal(t, strings.Count(data, unknown), 1, "marks of another program's flash")
		return data
	})
	take(b)
	s.Rewrite(b, func(data string) string {
		testsite.Equal(t, strings.Count(data, ours), 0, "marks of our flash when it was taken")
		return data
	})
}
