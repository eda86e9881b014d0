package redisstore

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/redis/go-redis/v9"
)

// hook stands between the store and go-redis.
type hook struct {
	mu     sync.Mutex
	sent   int
	rounds int
	before func(n int) error // told which command is about to be sent, counted from 0; an error keeps it from being sent
}

var errCrash = errors.New("the program has crashed")

// crashAfter lets n commands through and fails all others.
func crashAfter(n int) func(int) error {
	return func(i int) error {
		if i >= n {
			return errCrash
		}
		return nil
	}
}

// begin makes the hook count from 0.
func (h *hook) begin(before func(int) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sent, h.rounds, h.before = 0, 0, before
}

// counted returns the number of commands sent and of round trips.
func (h *hook) counted() (commands, rounds int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sent, h.rounds
}

// admit returns an error if the next command must not be sent.
func (h *hook) admit() error {
	h.mu.Lock()
	n, before := h.sent, h.before
	h.sent++
	h.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(n)
}

func (h *hook) round() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rounds++
}

func (h *hook) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (h *hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.round()
		if err := h.admit(); err != nil {
			cmd.SetErr(err)
			return err
		}
		return next(ctx, cmd)
	}
}

func (h *hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) (err error) {
		h.round()
		var admitted []redis.Cmder
		for _, cmd := range cmds {
			if refused := h.admit(); refused != nil {
				cmd.SetErr(refused)
				err = refused
			} else {
				admitted = append(admitted, cmd)
			}
		}
		if len(admitted) == 0 {
			return err
		}
		if failed := next(ctx, admitted); failed != nil {
			return failed
		}
		return err
	}
}
