package sqlstore_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
)

// A worker of a crowd writes to a session of its own all the time. It logs each request before
// it makes it, and again after the answer.
type account struct {
	worker  int
	trying  bool // before the request
	renewal bool // it renews the secret
	cookie  string
	visits  int
}

const crowd = 6

// write lets a crowd write until a request fails or the log says to stop.
func write(visitors *shop.VisitorManager, note func(account) (more bool)) {
	var group sync.WaitGroup
	for worker := range crowd {
		group.Go(func() {
			b := &browser{visitors: visitors}
			for n := 1; ; n++ {
				a := account{worker: worker, trying: true, renewal: n%3 == 0, cookie: b.cookie, visits: n}
				if !note(a) {
					return
				}
				status, cookies := b.visit(func(v *shop.Visitor) {
					if n == 1 {
						v.SetUserID(int64(worker + 1))
					}
					v.AddVisits(1)
					if a.renewal {
						v.Renew()
					}
					if n%5 == 0 {
						v.SetTeam(fmt.Sprint("team", n))
					}
				})
				if status != http.StatusOK {
					if cookies > 0 { // of a renewal that may have been written
						a.cookie = b.cookie
						note(a)
					}
					return
				}
				a.trying, a.cookie = false, b.cookie
				if !note(a) {
					return
				}
			}
		})
	}
	group.Wait()
}

// check looks for the acknowledged writes of a crowd: each took effect once, and exactly one of a
// session's secrets opens it.
func check(t *testing.T, visitors *shop.VisitorManager, e *events, accounts []account) {
	t.Helper()
	last, tried, cookies := map[int]account{}, map[int]account{}, map[int][]string{}
	for _, a := range accounts {
		if a.trying {
			tried[a.worker] = a
		} else {
			last[a.worker] = a
		}
		if a.cookie != "" && !slices.Contains(cookies[a.worker], a.cookie) {
			cookies[a.worker] = append(cookies[a.worker], a.cookie)
		}
	}
	for worker, a := range last {
		lost := tried[worker].visits > a.visits // a request that was not answered
		opens, stale := -1, 0
		for i, cookie := range cookies[worker] {
			b := &browser{visitors: visitors, cookie: cookie}
			user, visits := int64(0), 0
			before := e.count(runtime.EventStale)
			b.visitOK(t, func(v *shop.Visitor) { user, visits = v.UserID(), v.Visits() })
			stale = e.count(runtime.EventStale) - before
			if user == 0 {
				continue
			}
			if opens >= 0 {
				t.Errorf("worker %d: the secrets %d and %d of %d both open the session", worker, opens+1, i+1, len(cookies[worker]))
			}
			opens = i
			if user != int64(worker+1) || visits != a.visits && !(lost && visits == a.visits+1) {
				t.Errorf("worker %d was told of %d visits and sees user %d with %d (tried: %+v)", worker, a.visits, user, visits, tried[worker])
			}
		}
		infos, err := visitors.ListByUserID(t.Context(), int64(worker+1))
		if len(infos) != 1 || err != nil {
			t.Errorf("worker %d: %d sessions, %v", worker, len(infos), err)
		}
		switch {
		case opens == len(cookies[worker])-1: // the last one that it was given
		case opens < 0 && lost && tried[worker].renewal && stale == 1:
			// It was renewed, and the answer did not come: the last secret is known as
			// the one before.
		case lost && tried[worker].renewal && opens == len(cookies[worker])-2 && cookies[worker][opens] == a.cookie:
			// The secret of a renewal that failed came with the error page, and was not written.
		default:
			t.Errorf("worker %d: of %d secrets the one that opens the session is number %d; the request without an answer: %v, with a renewal: %v, and the last secret is known as replaced: %v",
				worker, len(cookies[worker]), opens+1, lost, tried[worker].renewal, stale == 1)
		}
	}
	if len(last) != crowd {
		t.Errorf("%d of %d workers were answered at all", len(last), crowd)
	}
}

// all reports whether each worker of a crowd has had an answer.
func all(answered map[int]bool) bool {
	for worker := range crowd {
		if !answered[worker] {
			return false
		}
	}
	return true
}

func kills() int {
	if long {
		return 200
	}
	return 2
}

func TestR6_KilledServersKeepWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	each(t, servers, func(t *testing.T, d database) {
		server := d.own(t)
		db := d.connect(t, server.URL())
		written := 0
		for n := range kills() {
			tables := prefix()
			var e events
			visitors := shopOn(t, d.storeOn(t, db, tables), &e)
			var mu sync.Mutex
			var accounts []account
			enough := 100 + rand.IntN(200)
			answered := map[int]bool{}
			reached, over := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(over)
				kill := sync.OnceFunc(func() { close(reached) })
				write(visitors, func(a account) bool {
					mu.Lock()
					defer mu.Unlock()
					accounts = append(accounts, a)
					answered[a.worker] = answered[a.worker] || !a.trying
					if len(accounts) >= enough && all(answered) {
						kill()
					}
					return len(accounts) < 100*enough
				})
			}()
			select {
			case <-reached:
			case <-over:
				t.Fatalf("the crowd gave up before the server was killed: %v", e.first)
			}
			server.Kill()
			<-over
			server.Start()
			check(t, visitors, &e, accounts)
			written += len(accounts)
			_, err := db.Exec("DROP TABLE " + tables + "sessions")
			must(t, err)
			_, err = db.Exec("DROP TABLE " + tables + "terms")
			must(t, err)
			if n%10 == 9 {
				t.Logf("killed %d times so far", n+1)
			}
		}
		t.Logf("killed %d times in the midst of %d requests", kills(), written/2)
	})
}

const childVariable = "SESSIONGEN_TEST_WRITER"

// writeUntilKilled is the main function of the child process of the test below.
func writeUntilKilled(file string) {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		panic(err)
	}
	store, err := sqlstore.SQLite(db)
	if err != nil {
		panic(err)
	}
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		panic(err)
	}
	visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(keys))
	if err != nil {
		panic(err)
	}
	var mu sync.Mutex
	write(visitors, func(a account) bool {
		mu.Lock()
		defer mu.Unlock()
		_, err := fmt.Printf("%d %v %v %q %d\n", a.worker, a.trying, a.renewal, a.cookie, a.visits)
		return err == nil
	})
	os.Exit(1)
}

func TestR6_KilledProcessesKeepWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	file := sqlite.url(t)
	db := sqlite.connect(t, file)
	store, err := sqlstore.SQLite(db)
	must(t, err)
	defer store.Close()
	must(t, store.CreateTables(t.Context()))
	var e events
	visitors := shopOn(t, store, &e)
	written := 0
	for range kills() {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childVariable+"="+file)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		must(t, err)
		must(t, child.Start())
		var accounts []account
		enough := 100 + rand.IntN(200)
		answered, killed := map[int]bool{}, false
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var a account
			if _, err := fmt.Sscanf(lines.Text(), "%d %t %t %q %d", &a.worker, &a.trying, &a.renewal, &a.cookie, &a.visits); err != nil {
				break // cut off by the end
			}
			accounts = append(accounts, a)
			answered[a.worker] = answered[a.worker] || !a.trying
			if len(accounts) >= enough && all(answered) && !killed {
				must(t, child.Process.Kill())
				killed = true
			}
		}
		child.Wait()
		if !killed {
			t.Fatalf("the child ended by itself after %d accounts", len(accounts))
		}
		check(t, visitors, &e, accounts)
		written += len(accounts)
		for worker := range crowd {
			_, err := visitors.RevokeByUserID(t.Context(), int64(worker+1))
			must(t, err)
		}
	}
	t.Logf("killed %d times in the midst of %d requests", kills(), written/2)
	var sound string
	must(t, db.QueryRow("PRAGMA integrity_check").Scan(&sound))
	equal(t, sound, "ok", "integrity of the file")
}
