package redisstore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

//go:embed lua/*.lua
var sources embed.FS

// The scripts. Redis runs each of them atomically.
var (
	createScript = script("record", "entry", "create")
	loadScript   = script("record", "load")
	updateScript = script("record", "entry", "update")
	touchScript  = script("record", "touch")
	deleteScript = script("record", "delete")
	revokeScript = script("record", "entry", "revoke")

	revokeAllScript = script("record", "revokeall")

	enterScript = script("record", "entry", "enter")
	beginScript = script("record", "entry", "begin")
	pageScript  = script("record", "entry", "page")
)

// prelude gives the scripts the constants that they share with this package, so that
// each stands in one place.
var prelude = luaConstants(
	constant{"DONE", done}, constant{"NONE", notFound}, constant{"GONE", gone}, constant{"EXISTS", exists}, constant{"CONFLICT", conflict},
	constant{"DELETED", deleted},
	constant{"ID", int64(len(runtime.ID{}))}, constant{"REV", int64(revSize)}, constant{"TERM", int64(termSize)},
	constant{"HEAD", int64(headSize)}, constant{"TOMBSTONE", int64(tombstoneSize)},
	constant{"TOMBSTONE_LIFE", milliseconds(expiry.TombstoneLife)},
)

type constant struct {
	name  string
	value int64
}

func luaConstants(constants ...constant) string {
	var b strings.Builder
	for _, c := range constants {
		fmt.Fprintf(&b, "local %s = %d\n", c.name, c.value)
	}
	return b.String()
}

func script(parts ...string) *redis.Script {
	source := []byte(prelude)
	for _, part := range parts {
		text, err := sources.ReadFile("lua/" + part + ".lua")
		if err != nil {
			panic(err) // the file is part of the program
		}
		source = append(source, text...)
	}
	return redis.NewScript(string(source))
}

// await runs f and returns its answer, or returns when ctx ends. go-redis does not stop
// waiting for an answer when a context ends, except at a deadline and in clients made with
// ContextTimeoutEnabled. In that case, await relies on f to observe the deadline, which
// saves a goroutine.
func await[T any](ctx context.Context, keepsDeadlines bool, f func() (T, error)) (answer T, err error) {
	if err := ctx.Err(); err != nil {
		return answer, err
	}
	_, bounded := ctx.Deadline()
	if bounded && keepsDeadlines || ctx.Done() == nil {
		return f()
	}
	type outcome struct {
		answer T
		err    error
	}
	outcomes := make(chan outcome, 1)
	go func() {
		answer, err := f()
		outcomes <- outcome{answer, err}
	}()
	select {
	case o := <-outcomes:
		return o.answer, o.err
	case <-ctx.Done():
		return answer, ctx.Err()
	}
}

// call is a script with its keys and arguments.
type call struct {
	script *redis.Script
	keys   []string
	args   []any
}

// read runs a script whose writes, if any, need not reach replicas.
func (s *Store) read(ctx context.Context, c call) (any, error) {
	answer, err := await(ctx, s.keepsDeadlines, func() (any, error) {
		return c.script.Run(ctx, s.client, c.keys, c.args...).Result()
	})
	return answer, s.noticed(ctx, err)
}

// write runs a script that writes and returns its answer, which is a number. If the answer is
// done, the write has reached as many replicas as WithReplicas requires.
func (s *Store) write(ctx context.Context, c call) (int64, error) {
	answer, err := await(ctx, s.keepsDeadlines, func() (int64, error) {
		if s.replicas > 0 {
			return s.replicate(ctx, c)
		}
		return c.script.Run(ctx, s.client, c.keys, c.args...).Int64()
	})
	return answer, s.noticed(ctx, err)
}

// noticed returns err. If it is an error, noticed makes a cluster client reload the map of
// the cluster, which the client does not do by itself when a server is gone.
func (s *Store) noticed(ctx context.Context, err error) error {
	if cluster, ok := s.client.(*redis.ClusterClient); ok && err != nil && !errors.Is(err, context.Canceled) {
		cluster.ReloadState(ctx) // in the background, at most five times a second
	}
	return err
}

// readAll runs scripts, in any order, with one round trip to each server. It repeats with
// their text the scripts that a server does not know, because a server forgets scripts when
// it restarts.
func (s *Store) readAll(ctx context.Context, calls []call) ([]*redis.Cmd, error) {
	results, err := await(ctx, s.keepsDeadlines, func() ([]*redis.Cmd, error) {
		results := make([]*redis.Cmd, len(calls))
		s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, c := range calls {
				results[i] = c.script.EvalSha(ctx, p, c.keys, c.args...)
			}
			return nil
		})
		var unknown []int
		for i, result := range results {
			if redis.HasErrorPrefix(result.Err(), "NOSCRIPT") {
				unknown = append(unknown, i)
			}
		}
		if unknown == nil {
			return results, nil
		}
		s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, i := range unknown {
				results[i] = calls[i].script.Eval(ctx, p, calls[i].keys, calls[i].args...)
			}
			return nil
		})
		return results, nil
	})
	for _, result := range results {
		s.noticed(ctx, result.Err())
	}
	return results, s.noticed(ctx, err)
}

// replicate runs a script and waits for replicas on the same connection, because WAIT is
// about the writes of its own connection.
func (s *Store) replicate(ctx context.Context, c call) (int64, error) {
	server, err := s.server(ctx, c.keys[0])
	if err != nil {
		return 0, err
	}
	for _, send := range []func(context.Context, redis.Scripter, []string, ...any) *redis.Cmd{c.script.EvalSha, c.script.Eval} {
		var result *redis.Cmd
		var reached *redis.Cmd
		server.Pipelined(ctx, func(p redis.Pipeliner) error {
			result = send(ctx, p, c.keys, c.args...)
			reached = p.Do(ctx, "wait", s.replicas, s.patience.Milliseconds())
			return nil
		})
		if redis.HasErrorPrefix(result.Err(), "NOSCRIPT") {
			continue
		}
		answer, err := result.Int64()
		if wrote := answer == done || answer == deleted && c.script == revokeScript || c.script == revokeAllScript; err != nil || !wrote {
			return answer, err
		}
		n, err := reached.Int64()
		if err != nil {
			return 0, err
		}
		if n < int64(s.replicas) {
			return 0, fmt.Errorf("written, but only %d of %d replicas have it after %v", n, s.replicas, s.patience)
		}
		return answer, nil
	}
	return 0, errors.New("the server does not know a script whose text it was just given")
}

// server returns a client of the primary that keeps a key.
func (s *Store) server(ctx context.Context, key string) (*redis.Client, error) {
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		return cluster.MasterForKey(ctx, key)
	}
	return s.client.(*redis.Client), nil
}
