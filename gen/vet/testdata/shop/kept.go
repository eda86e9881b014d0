package shop

import (
	"context"
	"log"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

var (
	last    *Visitor
	byName  = map[string]*Visitor{}
	all     []*Visitor
	cache   sync.Map
	pointer atomic.Pointer[Visitor]
	holder  struct{ visitor *Visitor }
	names   = map[int64]string{}
	logger  = log.Default()
	tasks   = make(chan func())
	hooks   []func()
)

type job struct {
	name    string
	visitor *Visitor
}

func goroutines(w http.ResponseWriter, r *http.Request, visitors chan *Visitor, jobs chan job) {
	v := VisitorFrom(r.Context())
	go func() {
		v.AddVisits(1) // want `Visitor belongs to one request, and a goroutine may outlive it: read the values before starting it, or wait for it`
		v.AddVisits(1) // once is enough
	}()
	go func(v *Visitor) { v.AddVisits(1) }(v) // want `a goroutine may outlive it`
	go count(v)                               // want `a goroutine may outlive it`
	go v.Commit(r.Context())                  // want `a goroutine may outlive it`
	go work(job{"", v})                       // want `a goroutine may outlive it`
	go func() {
		VisitorFrom(r.Context()).AddVisits(1) // want `a goroutine may outlive it`
	}()
	go func() {
		if v, ok := LookupVisitor(r.Context()); ok { // want `a goroutine may outlive it`
			v.AddVisits(1)
		}
	}()
	j := job{visitor: v}
	go func() {
		j.visitor.AddVisits(1) // want `a goroutine may outlive it`
	}()
	time.AfterFunc(time.Minute, func() { v.Destroy() })       // want `a goroutine may outlive it`
	time.AfterFunc(time.Minute, v.Destroy)                    // want `a goroutine may outlive it`
	context.AfterFunc(r.Context(), func() { v.AddVisits(1) }) // want `a goroutine may outlive it`
	time.AfterFunc(time.Minute, func() { work(job{}) })

	later := func() { v.AddVisits(1) } // want `a goroutine may outlive it`
	go later()

	visitors <- v                      // want `Visitor belongs to one request, and the receiver on a channel may outlive it: send only the values that it needs`
	jobs <- job{"", v}                 // want `receiver on a channel may outlive it`
	jobs <- job{visitor: v}            // want `receiver on a channel may outlive it`
	tasks <- func() { v.AddVisits(1) } // want `receiver on a channel may outlive it`
	jobs <- job{name: v.Username()}
	<-r.Context().Done()
}

func globals(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	last = v                             // want `Visitor belongs to one request, and a package-level variable outlives it: keep a value that identifies the session, such as Info\(\).ID`
	last, _ = LookupVisitor(r.Context()) // want `a package-level variable outlives it`
	byName[v.Username()] = v             // want `a package-level variable outlives it`
	all = append(all, v)                 // want `a package-level variable outlives it`
	all = []*Visitor{v}                  // want `a package-level variable outlives it`
	cache.Store(v.UserID(), v)           // want `a package-level variable outlives it`
	pointer.Store(v)                     // want `a package-level variable outlives it`
	holder.visitor = v                   // want `a package-level variable outlives it`
	hooks = append(hooks, func() {
		v.AddVisits(1) // want `a package-level variable outlives it`
	})
	hooks = append(hooks, func() { logger.Println("no session") })
	last = nil
	names[v.UserID()] = v.Username()
	cache.Store(v.UserID(), v.Username())
}

func waited(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		v.AddVisits(1)
	}()
	group.Wait()
	done := make(chan struct{})
	go func() {
		v.AddVisits(1)
		close(done)
	}()
	<-done
	results := make(chan int)
	go func() {
		results <- v.Visits()
		close(results)
	}()
	for range results {
	}
}

func waitedFurtherOut(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	var group sync.WaitGroup
	defer func() { group.Wait() }()
	group.Add(1)
	go func() {
		defer group.Done()
		v.AddVisits(1)
	}()
	start := func(visits int) {
		group.Add(1)
		go func() {
			defer group.Done()
			v.AddVisits(visits)
		}()
	}
	start(1)
	group.Wait()
}

type errors struct{ sync.WaitGroup }

func (e *errors) Wait() error { e.WaitGroup.Wait(); return nil }

func waitedByAnother(w http.ResponseWriter, r *http.Request) error {
	v := VisitorFrom(r.Context())
	var group errors
	group.Add(1)
	go func() {
		defer group.Done()
		v.AddVisits(1)
	}()
	return group.Wait()
}

func stopped(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	timer := time.AfterFunc(time.Minute, func() { v.AddVisits(1) })
	defer timer.Stop()
	stop := context.AfterFunc(r.Context(), func() { v.AddVisits(1) })
	defer stop()
	defer context.AfterFunc(r.Context(), func() { v.AddVisits(1) })()
	again := time.AfterFunc(time.Minute, func() { v.AddVisits(1) }) // want `a goroutine may outlive it`
	again.Reset(time.Hour)
}

// What the program waits for is not what its handlers wait for.
func program(signals chan bool, visitors chan *Visitor) {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		v := VisitorFrom(r.Context())
		go v.AddVisits(1) // want `a goroutine may outlive it`
		visitors <- v     // want `receiver on a channel may outlive it`
	})
	<-signals
}

func received(w http.ResponseWriter, r *http.Request, requests chan *http.Request) {
	visitors := make(chan *Visitor)
	go func() {
		r := <-requests
		visitors <- VisitorFrom(r.Context())
	}()
	(<-visitors).AddVisits(1)
}

func harmless(ctx context.Context, r *http.Request, local map[string]*Visitor) {
	v := VisitorFrom(r.Context())
	local["a"] = v
	name := v.Username()
	go work(job{name: name})
	go work(job{name: v.Username()}) // read before the goroutine begins
	go func() { _ = name }()
	logger.Println(v) // is done with it
	visits := v.Visits
	_ = visits
	// A server in a goroutine has requests of its own.
	go http.ListenAndServe("localhost:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		VisitorFrom(r.Context()).AddVisits(1)
	}))
	go func() {
		http.ListenAndServe("localhost:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v := VisitorFrom(r.Context())
			v.AddVisits(1)
		}))
	}()
	go func() { last.AddVisits(1) }() // what has put it there is reported
	go func() {
		var none *Visitor
		_ = none
	}()
}

func work(job) {}
