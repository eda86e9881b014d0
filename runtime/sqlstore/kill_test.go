package sqlstore_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
)

// A worker of a crowd writes to a session of its own, all the time, and keeps
// account of what it does: before each request, and after one that was answered.
type account struct {
	worker  int
	trying  bool // before the request
	renewal bool // it renews the secret
	cookie  string
	before  string // the cookie until then
	visits  int
}

const crowd = 6

// write lets a crowd write until a request fails or the account says to stop.
func write(visitors *shop.VisitorManager, note func(account) (more bool)) {
	var group sync.WaitGroup
	for worker := range crowd {
		group.Go(func() {
			b := &browser{visitors: visitors}
			for n := 1; ; n++ {
				a := account{worker: worker, trying: true, renewal: n%3 == 0, cookie: b.cookie, before: b.cookie, visits: n}
				if !note(a) {
					return
				}
				status, _ := b.visit(func(v *shop.Visitor) {
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

// check looks for what the crowd was told: it is there, once, and the secrets that
// were replaced open nothing.
func check(t *testing.T, visitors *shop.VisitorManager, accounts []account) {
	t.Helper()
	last, tried := map[int]account{}, map[int]account{}
	for _, a := range accounts {
		if a.trying {
			tried[a.worker] = a
		} else {
			last[a.worker] = a
		}
	}
	for worker, a := range last {
		b := &browser{visitors: visitors, cookie: a.cookie}
		user, visits := int64(0), 0
		b.on(visitors).visitOK(t, func(v *shop.Visitor) { user, visits = v.UserID(), v.Visits() })
		lost := tried[worker].visits > a.visits // a request that was not answered
		switch {
		case user == int64(worker+1) && (visits == a.visits || lost && visits == a.visits+1):
		case user == 0 && lost && tried[worker].renewal:
			// It was renewed, and the answer did not come. The session is there.
			infos, err := visitors.ListByUserID(t.Context(), int64(worker+1))
			if len(infos) != 1 || err != nil {
				t.Errorf("worker %d: %d sessions after a renewal without an answer, %v", worker, len(infos), err)
			}
		default:
			t.Errorf("worker %d was told of %d visits and sees user %d with %d (tried: %+v)", worker, a.visits, user, visits, tried[worker])
		}
		if a.renewal {
			if user := see(t, &browser{visitors: visitors, cookie: a.before}, (*shop.Visitor).UserID); user != 0 {
				t.Errorf("worker %d: the secret of before the renewal opens the session of user %d", worker, user)
			}
		}
	}
	if len(last) != crowd {
		t.Errorf("%d of %d workers were answered at all", len(last), crowd)
	}
}

// all says whether each of a crowd has had an answer.
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

func TestKilledServersKeepWhatWasAcknowledged(t *testing.T) {
	each(t, servers, func(t *testing.T, d database) {
		server := d.own(t)
		db := d.connect(t, server.URL())
		written := 0
		for range kills() {
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
			check(t, visitors, accounts)
			written += len(accounts)
			_, err := db.Exec("DROP TABLE " + tables + "sessions")
			must(t, err)
			_, err = db.Exec("DROP TABLE " + tables + "terms")
			must(t, err)
		}
		t.Logf("killed %d times in the midst of %d requests", kills(), written/2)
	})
}

const childVariable = "SESSIONGEN_TEST_WRITER"

// writeUntilKilled is what the program does as a child of the test below.
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
		_, err := fmt.Printf("%d %v %v %q %q %d\n", a.worker, a.trying, a.renewal, a.cookie, a.before, a.visits)
		return err == nil
	})
	os.Exit(1)
}

func TestKilledProcessesKeepWhatWasAcknowledged(t *testing.T) {
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
			if _, err := fmt.Sscanf(lines.Text(), "%d %t %t %q %q %d", &a.worker, &a.trying, &a.renewal, &a.cookie, &a.before, &a.visits); err != nil {
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
		check(t, visitors, accounts)
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
