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
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		app := routes(visitors, ticks)
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
	})
}
