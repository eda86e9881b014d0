package bench

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

// naive is what one writes first: it finds, decides and overwrites, without locks.
// One call after the other it keeps every rule but those of the index, which it
// leaves out.
type naive struct {
	scs.Store
	now func() time.Time
}

type naiveValue struct {
	Gone       bool
	Rev        runtime.Rev
	Terms      []runtime.Term
	Data       []byte
	Idle, Life time.Time
}

func (n naive) live(ctx context.Context, id runtime.ID) (v naiveValue, err error) {
	if err := ctx.Err(); err != nil {
		return v, err
	}
	b, found, err := n.Find(id.String())
	if err != nil {
		return v, err
	}
	if !found {
		return v, runtime.ErrNotFound
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return v, err
	}
	switch {
	case !n.now().Before(v.Idle):
		return v, runtime.ErrNotFound
	case v.Gone:
		return v, runtime.ErrGone
	}
	return v, nil
}

func (n naive) save(id runtime.ID, v naiveValue) error {
	if v.Life.Before(v.Idle) {
		v.Idle = v.Life
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	goruntime.Gosched() // a network would take longer
	return n.Commit(id.String(), b, v.Idle.Add(time.Minute))
}

func (n naive) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	v, err := n.live(ctx, id)
	switch {
	case ttl.Idle <= 0 || ttl.Life <= 0:
		return context.DeadlineExceeded
	case err == nil && v.Rev == rec.Rev:
		return nil
	case err == nil:
		return runtime.ErrExists
	case err != runtime.ErrNotFound:
		return err
	}
	now := n.now()
	return n.save(id, naiveValue{Rev: rec.Rev, Terms: rec.Terms, Data: []byte(rec.Data), Idle: now.Add(ttl.Idle), Life: now.Add(ttl.Life)})
}

func (n naive) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	v, err := n.live(ctx, id)
	if err != nil {
		return runtime.Record{}, err
	}
	now := n.now()
	return runtime.Record{Rev: v.Rev, Terms: v.Terms, Data: string(v.Data), Idle: v.Idle.Sub(now), Life: v.Life.Sub(now)}, nil
}

func (n naive) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	v, err := n.live(ctx, id)
	switch {
	case ttl.Idle <= 0 || ttl.Life < 0:
		return context.DeadlineExceeded
	case err != nil:
		return err
	case v.Rev == rec.Rev:
		return nil
	case v.Rev != old:
		return runtime.ErrConflict
	}
	now := n.now()
	if ttl.Life > 0 {
		v.Life = now.Add(ttl.Life)
	}
	v.Rev, v.Terms, v.Data, v.Idle = rec.Rev, rec.Terms, []byte(rec.Data), now.Add(ttl.Idle)
	return n.save(id, v)
}

func (n naive) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	v, err := n.live(ctx, id)
	if err != nil {
		return err
	}
	if until := n.now().Add(idle); until.After(v.Idle) {
		v.Idle = until
	}
	return n.save(id, v)
}

func (n naive) Delete(ctx context.Context, id runtime.ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	until := n.now().Add(2 * time.Minute)
	return n.save(id, naiveValue{Gone: true, Idle: until, Life: until})
}

const asked = "SESSIONGEN_BENCH_NAIVE"

// TestNaive fails, and is only run by the next test.
func TestNaive(t *testing.T) {
	if os.Getenv(asked) == "" {
		t.Skip("it fails by design, and TestTheSuiteRefusesAnAdapterWithoutLocks looks how")
	}
	storetest.Run(t, storetest.Options{
		Open: func(_ *testing.T, clock *storetest.Clock) runtime.Store {
			return naive{memstore.NewWithCleanupInterval(0), clock.Now}
		},
	})
}

// A suite that such an adapter passes would prove nothing.
func TestTheSuiteRefusesAnAdapterWithoutLocks(t *testing.T) {
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNaive$", "-test.v", "-test.timeout=2m")
	command.Env = append(os.Environ(), asked+"=1")
	output, err := command.CombinedOutput()
	if err == nil {
		t.Fatal("the adapter passes")
	}
	failed := map[string]bool{}
	for line := range strings.Lines(string(output)) {
		if name, found := strings.CutPrefix(line, "    --- FAIL: TestNaive/"); found {
			name, _, _ = strings.Cut(name, " (")
			failed[strings.ReplaceAll(name, "_", " ")] = true
		}
	}
	for what, check := range map[string]string{
		"a lost update":   "of many writers from one revision exactly one wins",
		"a resurrection":  "logout wins against racing updates",
		"an undone write": "touch never undoes an update",
	} {
		if !failed[check] {
			t.Errorf("%s goes unnoticed: %q passes", what, check)
		}
	}
	for check := range failed {
		t.Logf("fails: %s", check)
	}
}
