package engine

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sessionruntime "github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// Tokens are unique, and each of their bits is as often set as not.
func TestASVS_7_2_3_and_11_5_1_TokensAreRandom(t *testing.T) {
	count := 100_000
	if os.Getenv("SESSIONGEN_TEST_LONG") != "" {
		count = 1_000_000
	}
	seen := make(map[token]struct{}, count)
	biased := biasedBits(t, seen, count)
	t.Logf("%d tokens, of 384 bits %d are more than 5 standard deviations off", count, len(biased))
	if len(biased) == 0 {
		return
	}
	// One of 384 bits may be off by 5 standard deviations once in 4,500 runs, but
	// not the same one twice.
	for i, sigmas := range biasedBits(t, seen, count) {
		if first, again := biased[i]; again {
			t.Errorf("bit %d is %.1f and %.1f standard deviations off", i, first, sigmas)
		}
	}
}

// biasedBits draws tokens and tells which of their bits are more than 5 standard
// deviations off from being set half the time.
func biasedBits(t *testing.T, seen map[token]struct{}, count int) map[int]float64 {
	var ones [48 * 8]int
	for range count {
		drawn := token{id: newID(), secret: newSecret()}
		if _, twice := seen[drawn]; twice {
			t.Fatal("a token was drawn twice")
		}
		seen[drawn] = struct{}{}
		for i, b := range append(drawn.id[:], drawn.secret[:]...) {
			for bit := range 8 {
				ones[i*8+bit] += int(b >> bit & 1)
			}
		}
	}
	biased := map[int]float64{}
	for i, n := range ones {
		sigmas := math.Abs(float64(n)-float64(count)/2) / (math.Sqrt(float64(count)) / 2)
		if sigmas > 5 {
			biased[i] = sigmas
		}
	}
	return biased
}

func TestTokenHasOneSpelling(t *testing.T) {
	drawn := token{id: newID(), secret: newSecret()}
	spelled := drawn.text()
	text := string(spelled[:])
	again, ok := parseToken(text)
	if !ok || again != drawn || len(text) != tokenLength {
		t.Fatalf("%q came back as another token", text)
	}
	for i := range text {
		for _, c := range []byte("+/=.% \n\x00\xff") {
			if _, ok := parseToken(text[:i] + string([]byte{c}) + text[i+1:]); ok {
				t.Errorf("%q at %d was accepted", c, i)
			}
		}
	}
}

func TestQueueGivesTurnsInProcess(t *testing.T) {
	var q queue
	id := newID()
	inside, most := 0, 0
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if err := q.enter(t.Context(), id); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			inside++
			most = max(most, inside)
			mu.Unlock()
			runtime.Gosched()
			mu.Lock()
			inside--
			mu.Unlock()
			q.leave(id)
		})
	}
	group.Wait()
	if most != 1 {
		t.Errorf("%d had the turn at once", most)
	}
	for i := range q.shards {
		if n := len(q.shards[i].waiting); n != 0 {
			t.Errorf("%d entries are left", n)
		}
	}
}

func TestQueueWaitIsBoundedByTheContext(t *testing.T) {
	var q queue
	id := newID()
	if err := q.enter(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.enter(ctx, id); !errors.Is(err, context.Canceled) {
		t.Errorf("second: %v", err)
	}
	q.leave(id)
	if err := q.enter(t.Context(), id); err != nil {
		t.Error(err)
	}
	q.leave(id)
}

func TestDeadlineContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		parent, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
		var c deadlineContext
		c.start(parent, time.Now().Add(time.Second), false)
		if c.Value(key{}) != "value" || c.Err() != nil {
			t.Error("the parent is not there")
		}
		<-time.After(2 * time.Second)
		if !errors.Is(c.Err(), context.DeadlineExceeded) {
			t.Errorf("after the deadline, nobody waiting: %v", c.Err())
		}
		c.start(parent, time.Now().Add(time.Second), false)
		child, stop := context.WithCancel(&c)
		defer stop()
		<-child.Done()
		if !errors.Is(child.Err(), context.DeadlineExceeded) {
			t.Errorf("a child after the deadline: %v", child.Err())
		}
		var attached deadlineContext
		attached.start(parent, time.Now().Add(time.Hour), false)
		cancel()
		<-attached.Done()
		if !errors.Is(attached.Err(), context.Canceled) {
			t.Errorf("after the parent ended: %v", attached.Err())
		}
		var detached deadlineContext
		detached.start(parent, time.Now().Add(time.Hour), true)
		if detached.Err() != nil || detached.Value(key{}) != "value" {
			t.Errorf("detached from a parent that has ended: %v", detached.Err())
		}
		child, stop = context.WithCancel(&detached)
		defer stop()
		<-child.Done()
		if !errors.Is(child.Err(), context.DeadlineExceeded) {
			t.Errorf("a detached child after the deadline: %v", child.Err())
		}
	})
}

func FuzzCookieHeader(f *testing.F) {
	for _, header := range []string{"a=b", "a=b; a=c", "a=;;a", "=a=b", " a = b ;a=b", "a=\"b\"", "A=b;\ta=c=d"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for _, b := range []byte(header) {
			if b < ' ' && b != '\t' || b >= 0x7f {
				return // no header of net/http has these
			}
		}
		for pair := range strings.SplitSeq(header, ";") {
			name, value, named := strings.Cut(strings.TrimSpace(pair), "=")
			if !named || name != strings.TrimSpace(name) || value != strings.TrimSpace(value) {
				return // net/http takes "a" and "a =b" for the cookie a; browsers do not send it so
			}
		}
		scanner := cookieScanner{lines: []string{header}}
		var ours []string
		for {
			value, found := scanner.next("a")
			if !found {
				break
			}
			ours = append(ours, value)
		}
		// What net/http finds under the name, we find as well, in its order. (It
		// leaves out values that it does not like, and strips quotes.)
		request := http.Request{Header: http.Header{"Cookie": {header}}}
		for _, c := range request.CookiesNamed("a") {
			found := false
			for len(ours) > 0 && !found {
				found = strings.Trim(strings.TrimSpace(ours[0]), "\"") == strings.Trim(c.Value, "\"")
				ours = ours[1:]
			}
			if !found {
				t.Fatalf("%q: net/http finds %q, and we do not", header, c.Value)
			}
		}
	})
}

func FuzzRecord(f *testing.F) {
	h := record.Header{Key: strings.Repeat("k", record.KeyLength), Epoch: 1, Created: 1, Written: 1}
	f.Add(string(h.Append(nil)))
	f.Add(string(wire.AppendString(h.Append(nil), 16, "x")))
	f.Add("\x0a\x20")
	f.Fuzz(func(t *testing.T, data string) {
		m := &Manager{schema: &Schema{Fields: []Field{{Number: 16}, {Number: 200}, {Number: 5000}}}, order: []int{0, 1, 2}, numbers: []int32{16, 200, 5000}}
		var b base
		fields := make([]FieldState, 3)
		if _, err := m.understand(&b, sessionruntime.Record{Data: data}, time.Now(), fields); err != nil {
			return
		}
		ordered, unknown := b.data, b.unknown
		if len(ordered) != len(data) {
			t.Fatalf("%d of %d bytes are left", len(ordered), len(data))
		}
		covered := 0
		for _, f := range fields {
			covered += len(ordered[f.start:f.end])
		}
		for _, e := range unknown {
			covered += len(ordered[e.Start:e.End])
		}
		if covered > len(data) {
			t.Fatalf("%d of %d bytes are covered", covered, len(data))
		}
	})
}

// What a driver waits for stays ended when the session makes its next call.
func TestDoneContextStaysDone(t *testing.T) {
	s := &Session{manager: &Manager{options: sessionruntime.Options{Timeout: time.Hour}}}
	s.startDeadline(t.Context(), false)
	first := s.deadline
	child, cancel := context.WithCancel(first) // as database/sql does with each query
	defer cancel()
	first.stop()
	s.startDeadline(t.Context(), true) // the next call to the store
	<-first.Done()
	<-child.Done()
	if first.Err() == nil || s.deadline.Err() != nil {
		t.Errorf("the first call's: %v, the next one's: %v", first.Err(), s.deadline.Err())
	}
}

func TestFlashMarksMixedWithOtherOwnFields(t *testing.T) {
	h := record.Header{Key: string(make([]byte, record.KeyLength)), Epoch: 1}
	data := h.Append(nil)
	one, two := record.AppendFlashMark(nil, 150946, sessionruntime.Rev{1}), record.AppendFlashMark(nil, 200000, sessionruntime.Rev{2})
	data = append(data, one...)
	data = wire.AppendUint(data, record.OwnEpoch, 5)
	data = append(data, two...)
	var got base
	head, err := new(Manager).understand(&got, sessionruntime.Record{Data: string(data)}, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := string(one) + string(two); head.Flashes != want {
		t.Errorf("flashes: %q, want %q", head.Flashes, want)
	}
}

// What a value costs to parse is up to its type: of a few bytes, math/big makes
// millions of digits. A browser keeps few cookies of one name, and none above 4096 bytes.
func TestCVE_2025_58186_FloodOfOneCookieIsHardlyParsed(t *testing.T) {
	ring, err := keyring.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		t.Fatal(err)
	}
	for _, protection := range []cookie.Protection{cookie.Plain, cookie.Signed, cookie.Encrypted} {
		m := &Manager{schema: &Schema{}, options: sessionruntime.Options{Keys: ring, Clock: time.Now}}
		options := cookie.Options{Name: "amount", Was: "sum", Path: "/", Protection: protection}
		c, err := m.newCookie(options)
		if err != nil {
			t.Fatal(err)
		}
		m.cookies = []*cookieSpec{c}
		parsed := 0
		f := &CookieField[string]{Options: options, Text: cookie.Text[string]{Parse: func(text string) (string, error) {
			if parsed++; len(text) > cookie.MaxSize {
				t.Errorf("%d: a value of %d bytes was parsed", protection, len(text))
			}
			return text, cookie.ErrNotCanonical
		}}}
		first, _ := c.seal("x")
		second, _ := c.was.seal("x")
		r := &http.Request{Header: http.Header{"Cookie": {
			"amount=" + strings.Repeat("9", 1<<19), strings.Repeat("amount="+first+";sum="+second+";", 5000),
		}}}
		if _, found := f.read(m, r, nil); found {
			t.Errorf("%d: a value that does not parse was found", protection)
		}
		if parsed == 0 || parsed > 20 {
			t.Errorf("%d: one request had %d values parsed", protection, parsed)
		}
	}
}

// securecookie accepts what was signed in ten years, and without a Max-Age whatever was
// signed at any time. A signed cookie is as short-lived as an encrypted one.
func TestASVS_9_2_1_SignedCookiesHaveABeginningAndAnEnd(t *testing.T) {
	secret := []byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9")
	ring, err := keyring.NewKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	const day = 24 * time.Hour
	for _, maxAge := range []time.Duration{0, time.Hour} {
		c, err := (&Manager{options: sessionruntime.Options{Keys: ring, Clock: time.Now}}).newCookie(cookie.Options{Name: "campaign", Path: "/", Protection: cookie.Signed, MaxAge: maxAge})
		if err != nil {
			t.Fatal(err)
		}
		longest := 400 * day
		if maxAge > 0 {
			longest = maxAge
		}
		for ago, want := range map[time.Duration]bool{
			0: true, longest / 2: true, longest + day: false, 5000 * day: false,
			-keyring.ClockTolerance / 2: true, -keyring.ClockTolerance - time.Minute: false, -5000 * day: false,
		} {
			text, err := c.open(signedAt(secret, "campaign", time.Now().Add(-ago), "spring"))
			if (err == nil) != want || want && text != "spring" {
				t.Errorf("Max-Age %v, signed %v ago: %q, %v", maxAge, ago, text, err)
			}
		}
	}
}

// signedAt is a signed cookie's value as securecookie makes it at another time.
func signedAt(secret []byte, name string, at time.Time, text string) string {
	key, err := hkdf.Key(sha256.New, secret, nil, "sessiongen cookie signed "+name, 64)
	if err != nil {
		panic(err)
	}
	dated := strconv.FormatInt(at.Unix(), 10) + "|" + base64.URLEncoding.EncodeToString(append([]byte{signedText}, text...))
	mac := hmac.New(sha256.New, key[:32])
	mac.Write([]byte(name + "|" + dated))
	return base64.URLEncoding.EncodeToString(mac.Sum([]byte(dated + "|")))
}
