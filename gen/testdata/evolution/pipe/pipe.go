// Package pipe lets programs share the store of the test that has started them:
// they send the store's calls over their output, and read the answers from their
// input.
package pipe

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Call is a call of the store or, at the end, a report.
type Call struct {
	Method string // Create, Load, Update, Touch, Delete or, for a report, ""
	ID     runtime.ID
	Old    runtime.Rev
	Record runtime.Record
	TTL    runtime.TTL
	Report Report
}

// Answer is what the store has returned.
type Answer struct {
	Record runtime.Record
	Error  string
}

// Report is what a program has seen.
type Report struct {
	Cookies []string            // of sessions that it created
	Values  []map[string]string // of the sessions that it looked at, by field
	Events  map[string]int      // how often each, as "field reset mood"
}

// answers are the errors that programs tell apart.
var answers = []error{runtime.ErrNotFound, runtime.ErrGone, runtime.ErrExists, runtime.ErrConflict}

// Serve makes a call of the store.
func Serve(ctx context.Context, store runtime.Store, c Call) Answer {
	var record runtime.Record
	var err error
	switch c.Method {
	case "Create":
		err = store.Create(ctx, c.ID, c.Record, c.TTL)
	case "Load":
		record, err = store.Load(ctx, c.ID)
	case "Update":
		err = store.Update(ctx, c.ID, c.Old, c.Record, c.TTL)
	case "Touch":
		err = store.Touch(ctx, c.ID, c.TTL.Idle)
	case "Delete":
		err = store.Delete(ctx, c.ID)
	default:
		err = errors.New("no method " + c.Method)
	}
	if err != nil {
		return Answer{Error: err.Error()}
	}
	return Answer{Record: record}
}

// store is the test's store as a program sees it.
type store struct {
	out *gob.Encoder
	in  *gob.Decoder
}

func (s *store) call(c Call) (runtime.Record, error) {
	var a Answer
	if err := errors.Join(s.out.Encode(c), s.in.Decode(&a)); err != nil {
		return a.Record, err
	}
	if a.Error == "" {
		return a.Record, nil
	}
	for _, err := range answers {
		if strings.Contains(a.Error, err.Error()) {
			return a.Record, err
		}
	}
	return a.Record, errors.New(a.Error)
}

func (s *store) Create(_ context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	_, err := s.call(Call{Method: "Create", ID: id, Record: rec, TTL: ttl})
	return err
}

func (s *store) Load(_ context.Context, id runtime.ID) (runtime.Record, error) {
	return s.call(Call{Method: "Load", ID: id})
}

func (s *store) Update(_ context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	_, err := s.call(Call{Method: "Update", ID: id, Old: old, Record: rec, TTL: ttl})
	return err
}

func (s *store) Touch(_ context.Context, id runtime.ID, idle time.Duration) error {
	_, err := s.call(Call{Method: "Touch", ID: id, TTL: runtime.TTL{Idle: idle}})
	return err
}

func (s *store) Delete(_ context.Context, id runtime.ID) error {
	_, err := s.call(Call{Method: "Delete", ID: id})
	return err
}

// SendsOnce: a conflict is never our own earlier write.
func (s *store) SendsOnce() bool { return true }

// Principals are not listed or revoked here.
func (s *store) List(context.Context, runtime.Term, runtime.ID, int) ([]runtime.ID, []runtime.Record, error) {
	return nil, nil, errors.ErrUnsupported
}

func (s *store) Revoke(context.Context, runtime.Term, runtime.ID) (int, error) {
	return 0, errors.ErrUnsupported
}

// Program is what differs between the programs.
type Program[V any] struct {
	Manager func(runtime.Store, ...runtime.Option) (func(http.Handler) http.Handler, error)
	From    func(context.Context) *V
	Begin   func(v *V)                   // fills a new session
	Work    func(v *V, i int)            // what each of many requests does
	Values  func(v *V) map[string]string // reads every field
}

// Run is the main function of a program. Its arguments are what to do, how often,
// and the cookies of the sessions to do it with:
//
//	create 8
//	work 5000 cookie...
//	look 1 cookie...
func (p Program[V]) Run() {
	s := &store{out: gob.NewEncoder(os.Stdout), in: gob.NewDecoder(os.Stdin)}
	report := Report{Events: map[string]int{}}
	middleware, err := p.Manager(s, runtime.WithEvents(func(_ context.Context, e runtime.Event) {
		report.Events[strings.TrimSpace(e.Kind.String()+" "+e.Field)]++
	}))
	check(err)
	count, err := strconv.Atoi(os.Args[2])
	check(err)
	cookies := os.Args[3:]
	switch os.Args[1] {
	case "create":
		for range count {
			report.Cookies = append(report.Cookies, p.visit(middleware, "", p.Begin))
		}
	case "work":
		for i := range count {
			p.visit(middleware, cookies[rand.IntN(len(cookies))], func(v *V) {
				if i%10 == 0 {
					p.Values(v)
				}
				p.Work(v, i)
			})
		}
	case "look":
		for _, cookie := range cookies {
			p.visit(middleware, cookie, func(v *V) { report.Values = append(report.Values, p.Values(v)) })
		}
	}
	check(s.out.Encode(Call{Report: report}))
}

// visit makes a request and returns the cookie that the browser has then.
func (p Program[V]) visit(middleware func(http.Handler) http.Handler, cookie string, handler func(v *V)) string {
	request := httptest.NewRequest("GET", "https://shop.example/", nil)
	if cookie != "" {
		request.Header.Set("Cookie", cookie)
	}
	recorder := httptest.NewRecorder()
	middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { handler(p.From(r.Context())) })).
		ServeHTTP(recorder, request)
	if recorder.Code != http.StatusOK {
		check(fmt.Errorf("status %d: %s", recorder.Code, recorder.Body))
	}
	if set := recorder.Header().Get("Set-Cookie"); set != "" {
		cookie, _, _ = strings.Cut(set, ";")
	}
	return cookie
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
