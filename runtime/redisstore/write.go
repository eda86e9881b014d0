package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
)

// Answers of scripts.
const (
	done = iota
	notFound
	gone
	exists
	conflict
)

// deleted is the answer of the script for Revoke if the call has deleted the session.
const deleted = 1

// wrap adds the operation to an error, the remedy if there is one, and whether repeating the call
// is pointless. It does not change a refusal of Check.
func wrap(what string, err error) error {
	var already refusal
	if err == nil || errors.As(err, &already) {
		return err
	}
	if errors.Is(err, redis.ErrPoolTimeout) {
		return fmt.Errorf("redisstore: %s: all connections of the client's pool are in use: raise its PoolSize: %w", what, err)
	}
	if why := refusedBecause(err); why != "" {
		return runtime.Refused(fmt.Errorf("redisstore: %s: %s: %w", what, why, err))
	}
	return fmt.Errorf("redisstore: %s: %w", what, err)
}

// outcome returns the error of the contract for a script's answer.
func outcome(what string, answer int64, err error) error {
	if err != nil {
		return wrap(what, err)
	}
	switch answer {
	case done:
		return nil
	case notFound:
		return runtime.ErrNotFound
	case gone:
		return runtime.ErrGone
	case exists:
		return runtime.ErrExists
	case conflict:
		return runtime.ErrConflict
	}
	return fmt.Errorf("redisstore: %s: unexpected answer %d from the script", what, answer)
}

// keys returns the keys of a session and, if the same server keeps them, of its terms.
func (s *Store) keys(id runtime.ID, terms []runtime.Term) []string {
	keys := []string{s.session(id)}
	if !s.split {
		for _, t := range terms {
			keys = append(keys, s.index(t))
		}
	}
	return keys
}

// Create implements [runtime.Store].
func (s *Store) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	if err := ttl.CheckCreate(); err != nil {
		return fmt.Errorf("redisstore: %w", err)
	}
	b, err := body(rec)
	if err != nil {
		return err
	}
	if s.split {
		if err := s.enter(ctx, id, rec.Terms, milliseconds(ttl.Life)); err != nil {
			return wrap("creating a session", err)
		}
	}
	answer, err := s.write(ctx, call{createScript, s.keys(id, rec.Terms), []any{
		s.clock(), milliseconds(ttl.Idle), milliseconds(ttl.Life), id[:], b,
	}})
	return outcome("creating a session", answer, err)
}

// Load implements [runtime.Store].
func (s *Store) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	answer, err := s.read(ctx, s.load(id))
	if err != nil {
		return runtime.Record{}, wrap("loading a session", err)
	}
	return loaded(answer)
}

func (s *Store) load(id runtime.ID) call {
	return call{loadScript, []string{s.session(id)}, []any{s.clock()}}
}

// loaded parses the answer of the load script.
func loaded(answer any) (runtime.Record, error) {
	if pair, ok := answer.([]any); ok && len(pair) == 2 {
		now, isTime := pair[0].(int64)
		value, isText := pair[1].(string)
		switch {
		case isTime && isText:
			return parse(now, value)
		case isTime && pair[1] == nil:
			return runtime.Record{}, runtime.ErrNotFound
		}
	}
	return runtime.Record{}, fmt.Errorf("redisstore: loading a session: unexpected answer of type %T from the server", answer)
}

// Update implements [runtime.Store].
func (s *Store) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	if err := ttl.CheckUpdate(); err != nil {
		return fmt.Errorf("redisstore: %w", err)
	}
	b, err := body(rec)
	if err != nil {
		return err
	}
	// listed is the time for which the index is known to list the session. A new
	// lifetime means a sign-in, which mostly has a new term: write the index first.
	listed := milliseconds(ttl.Life)
	if s.split && listed > 0 {
		if err := s.enter(ctx, id, rec.Terms, listed); err != nil {
			return wrap("updating a session", err)
		}
	}
	for {
		args := []any{s.clock(), milliseconds(ttl.Idle), milliseconds(ttl.Life), old[:], listed, id[:], b}
		if !s.split {
			args[4] = ""
		}
		answer, err := s.write(ctx, call{updateScript, s.keys(id, rec.Terms), args})
		if err != nil || answer >= 0 {
			return outcome("updating a session", answer, err)
		}
		// Nothing was written, because a term is new and its index may be on another
		// server. Once the index lists the session for as long as the record will live,
		// the next attempt succeeds or finds another revision.
		listed = -answer
		if err := s.enter(ctx, id, rec.Terms, listed); err != nil {
			return wrap("updating a session", err)
		}
	}
}

// Touch implements [runtime.Store].
func (s *Store) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	answer, err := s.write(ctx, call{touchScript, s.keys(id, nil), []any{s.clock(), milliseconds(idle)}})
	return outcome("touching a session", answer, err)
}

// Delete implements [runtime.Store].
func (s *Store) Delete(ctx context.Context, id runtime.ID) error {
	var unnamed runtime.Rev // the answer is the same whichever call has deleted the session
	answer, err := s.write(ctx, call{deleteScript, s.keys(id, nil), []any{s.clock(), unnamed[:]}})
	return outcome("deleting a session", answer, err)
}
