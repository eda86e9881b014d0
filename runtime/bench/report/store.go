package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/store"
)

// trials is how often a store is filled: the slowest of millions of loads is a matter of
// luck.
const trials = 3

// memories measures each store in processes of its own.
func memories(s settings, say func(string)) (all []store.Memory, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	measured := map[string][]store.Memory{}
	count := trials
	if s.sessions < 100_000 {
		count = 1
	}
	for trial := range count {
		for _, name := range store.Memories {
			say(fmt.Sprintf("%d sessions in %s, %d of %d", s.sessions, name, trial+1, count))
			command := exec.Command(program, "-child", name, "-sessions", fmt.Sprint(s.sessions), "-fill", s.fill.String())
			command.Stderr = os.Stderr
			output, err := command.Output()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			var m store.Memory
			if err := json.Unmarshal(output, &m); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			measured[name] = append(measured[name], m)
		}
	}
	for _, name := range store.Memories {
		all = append(all, median(measured[name]))
	}
	return all, nil
}

func median(trials []store.Memory) store.Memory {
	of := func(get func(m store.Memory) time.Duration) time.Duration {
		var values []time.Duration
		for _, m := range trials {
			values = append(values, get(m))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	m := trials[0]
	m.Collect = of(func(m store.Memory) time.Duration { return m.Collect })
	m.Calm = of(func(m store.Memory) time.Duration { return m.Calm })
	m.Worst = of(func(m store.Memory) time.Duration { return m.Worst })
	return m
}

// measureMemory is what the process does that is started for one store.
func measureMemory(s settings, out io.Writer) error {
	m, err := store.Measure(s.child, s.sessions, s.fill)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(m)
}

// host is what servers are started for outside of a test.
type host struct {
	testing.TB
	cleanups []func()
}

type failure struct{ error }

func (h *host) Helper()                           {}
func (h *host) Cleanup(f func())                  { h.cleanups = append(h.cleanups, f) }
func (h *host) Fatal(args ...any)                 { panic(failure{errors.New(fmt.Sprint(args...))}) }
func (h *host) Fatalf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }
func (h *host) Skip(args ...any)                  { h.Fatal(args...) }

func countCommands() (counted []store.Commands, err error) {
	h := &host{}
	defer func() {
		for _, cleanup := range slices.Backward(h.cleanups) {
			cleanup()
		}
		if p := recover(); p != nil {
			f, ok := p.(failure)
			if !ok {
				panic(p)
			}
			err = f.error
		}
	}()
	return store.CountAll(h), nil
}
