package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/request"
	"github.com/sessiongen/sessiongen/runtime/bench/store"
)

// sections are the parts of results.md, in their order. Whoever measures something else
// adds its jobs to [prepare], or its figures to results, and what is to be said of them
// here.
var sections = []func(r *results) string{
	(*results).requests,
	(*results).sealed,
	(*results).cookies,
	(*results).codecs,
	(*results).storesInMemory,
	(*results).roundTrips,
}

func (r *results) requests() string {
	var b strings.Builder
	t := r.table(requests)
	fmt.Fprintf(&b, "\n## A request\n\n%s\n%s", t.markdown("stored"), t.besideLimits())
	b.WriteString("\nstored: bytes in the store. Two at a time is what one request takes when two goroutines read, on no more processors than above.\n\n")
	for _, l := range request.Libraries() {
		if l.Note == "" {
			continue
		}
		fmt.Fprintf(&b, "- %s: %s", l.Name, l.Note)
		if l.NoVary && !l.Nothing {
			b.WriteString("; leaves Vary: Cookie to the application")
		}
		if l.Lazy && !l.Nothing {
			b.WriteString("; **lazy**: does nothing for a session that the handler does not look at, so its \"untouched\" compares with \"no cookie\"")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (r *results) sealed() string {
	return "\n## Sessions in the cookie\n\n" + r.table(sealedIn).markdown("cookie") + "\ncookie: bytes that the browser sends, with the name.\n"
}

func (r *results) cookies() string {
	return "\n## A value in a cookie\n\nAll of the content in one cookie.\n\n" + r.table(cookies).markdown("cookie")
}

func (r *results) codecs() string {
	return "\n## The codec\n\n" + r.table(codecs).markdown("size")
}

func (r *results) storesInMemory() string {
	if len(r.memories) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n## Stores in memory\n\n| | bytes each | record | collection | slowest load | slowest load during a sweep |\n|---|---|---|---|---|---|\n")
	for _, m := range r.memories {
		fmt.Fprintf(&b, "| %s | %.0f | %d | %v | %v | %v |\n", m.Name, m.Each, m.Record, m.Collect.Round(time.Millisecond), short(m.Calm), short(m.Worst))
	}
	fmt.Fprintf(&b, "\n%d sessions, half of which end at the same moment; medians of the trials, each a process of its own.\n", r.settings.sessions)
	return b.String()
}

func (r *results) roundTrips() string {
	var b strings.Builder
	if len(r.commands) == 0 {
		return b.String()
	}
	fmt.Fprintf(&b, "\n## Round trips to a server\n\n| | %s |\n|---|%s\n", strings.Join(store.Requests, " | "), strings.Repeat("---|", len(store.Requests)))
	for _, c := range r.commands {
		fmt.Fprintf(&b, "| %s |", c.Name)
		for i, count := range c.Counts {
			sent := ""
			if c.SetCookies[i] {
				sent = ", cookie"
			}
			fmt.Fprintf(&b, " %d (%d%s) |", count.RoundTrips, count.Commands, sent)
		}
		b.WriteString("\n")
	}
	b.WriteString("\nIn brackets the commands, and whether the response sets the cookie. Counted on the wire.\n")
	return b.String()
}

func short(d time.Duration) time.Duration {
	if d < time.Millisecond {
		return d.Round(time.Microsecond)
	}
	return d.Round(100 * time.Microsecond)
}
