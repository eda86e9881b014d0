package main

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/example/frameworks/endtoend"
	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
)

func TestRecipe(t *testing.T) {
	endtoend.Run(t, func(t *testing.T, visitors *visitor.VisitorManager, ticks <-chan time.Time) string {
		server := httptest.NewServer(routes(visitors, ticks))
		t.Cleanup(server.Close)
		return server.URL
	})
}
