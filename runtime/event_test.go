package runtime_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
)

// lineOf returns the line that the default hook logs, without its time.
func lineOf(e runtime.Event) string {
	var line bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&line, &slog.HandlerOptions{Level: slog.LevelDebug}))
	runtime.LogEvents(logger)(context.Background(), e)
	_, text, _ := strings.Cut(strings.TrimSpace(line.String()), " ")
	return text
}

func TestALineOfTheLogSaysNothingTwice(t *testing.T) {
	for want, e := range map[string]runtime.Event{
		`level=WARN msg="session too late" session.schema=visitor session.field=visits session.reason="changed after the handler returned" session.method=POST session.route=/cart/{id}`: {
			Kind: runtime.EventTooLate, Schema: "visitor", Field: "visits", Reason: "changed after the handler returned", Method: "POST", Route: "/cart/{id}",
		},
		`level=ERROR msg="session commit failed" session.schema=visitor session.error="updating the session: field cart: value cannot be encoded: no"`: {
			Kind: runtime.EventCommitFailed, Schema: "visitor", Err: fmt.Errorf("sessiongen: updating the session: field cart: %w: no", runtime.ErrEncoding),
		},
		`level=INFO msg="session revoked" session.schema=visitor session.count=3`: {Kind: runtime.EventRevoked, Schema: "visitor", Count: 3},
		`level=DEBUG msg="session cookie refused" session.schema=visitor session.field=theme`: {
			Kind: runtime.EventCookieRefused, Schema: "visitor", Field: "theme", Repeated: true,
		},
		`level=DEBUG msg="session client gone" session.schema=visitor`: {Kind: runtime.EventClientGone, Schema: "visitor"},
	} {
		if got := lineOf(e); got != want {
			t.Errorf("the line is\n%s\nwant\n%s", got, want)
		}
	}
}

func TestAnEventInAnotherLineHasItsKind(t *testing.T) {
	var line bytes.Buffer
	slog.New(slog.NewTextHandler(&line, nil)).Info("heard", "event", runtime.Event{Kind: runtime.EventConflict, Schema: "visitor", Tries: 2})
	if !strings.HasSuffix(line.String(), "event.kind=conflict event.schema=visitor event.tries=2\n") {
		t.Error(line.String())
	}
}
