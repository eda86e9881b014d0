package main

import (
	"net"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"

	"github.com/sessiongen/sessiongen/example/frameworks/endtoend"
	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
)

func TestRecipe(t *testing.T) {
	endtoend.Run(t, func(t *testing.T, visitors *visitor.VisitorManager, ticks <-chan time.Time) string {
		return listen(t, routes(visitors, ticks))
	})
}

// listen serves an application until the test ends.
func listen(t *testing.T, app *fiber.App) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() {
		if err := app.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}
