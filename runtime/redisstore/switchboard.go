package redisstore

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// afterLoss and afterRefusal are the times until a subscription is tried again.
	afterLoss    = time.Second
	afterRefusal = time.Minute
)

// switchboard has a connection to each server that keeps a watched session. It is for use by
// one goroutine.
type switchboard struct {
	listener *listener
	lines    map[string]*line    // by the server's address
	on       map[string]*line    // by key: the connection with its subscription
	waiting  map[string]struct{} // keys that wait for their next attempt
	retryAt  time.Time           // the time of that attempt
}

// line is the connection to one server.
type line struct {
	address string
	pubsub  *redis.PubSub
}

func newSwitchboard(l *listener) *switchboard {
	return &switchboard{listener: l, lines: map[string]*line{}, on: map[string]*line{}, waiting: map[string]struct{}{}}
}

func (s *switchboard) close() {
	for _, line := range s.lines {
		line.pubsub.Close()
	}
}

// turn subscribes to a key that is watched, and unsubscribes from one that is not.
func (s *switchboard) turn(key string) {
	line := s.on[key]
	switch watched := s.listener.isWatched(key); {
	case watched && line == nil:
		s.subscribe(key)
	case !watched && line != nil:
		delete(s.on, key)
		ctx, cancel := bounded()
		defer cancel()
		if err := line.pubsub.SUnsubscribe(ctx, key); err != nil {
			s.drop(line, err)
		}
	}
}

func (s *switchboard) subscribe(key string) {
	if time.Now().Before(s.retryAt) {
		s.waiting[key] = struct{}{}
		return
	}
	ctx, cancel := bounded()
	defer cancel()
	server, err := s.listener.store.server(ctx, key)
	if err != nil {
		s.postpone(key, err)
		return
	}
	address := server.Options().Addr
	to, open := s.lines[address]
	if !open {
		to = &line{address, server.SSubscribe(ctx)}
		s.lines[address] = to
	}
	s.on[key] = to
	if err := to.pubsub.SSubscribe(ctx, key); err != nil {
		s.drop(to, err)
	} else if !open {
		go s.listener.hear(to)
	}
}

// lose handles the end of a subscription or of a connection.
func (s *switchboard) lose(what loss) {
	switch {
	case s.lines[what.line.address] != what.line: // dropped already
	case what.key == "":
		s.drop(what.line, what.err)
	case s.on[what.key] == what.line:
		delete(s.on, what.key)
		s.postpone(what.key, what.err)
	}
}

// drop closes a connection and postpones its subscriptions.
func (s *switchboard) drop(line *line, err error) {
	line.pubsub.Close()
	delete(s.lines, line.address)
	for key, on := range s.on {
		if on == line {
			delete(s.on, key)
			s.postpone(key, err)
		}
	}
}

func (s *switchboard) postpone(key string, err error) {
	wait := afterLoss
	if refused(err) {
		wait = afterRefusal
	}
	if at := time.Now().Add(wait); at.After(s.retryAt) {
		s.retryAt = at
	}
	s.waiting[key] = struct{}{}
	s.listener.store.noticed(context.Background(), err)
}

// retry returns a channel that is ready at the time of the next attempt.
func (s *switchboard) retry() <-chan time.Time {
	if len(s.waiting) == 0 {
		return nil
	}
	return time.After(time.Until(s.retryAt))
}

func (s *switchboard) again() {
	keys := s.waiting
	s.waiting, s.retryAt = map[string]struct{}{}, time.Time{}
	for key := range keys {
		s.turn(key)
	}
}

func bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), checkTimeout)
}

// refused reports whether a server refuses subscriptions: it is an older version, or the
// account may not subscribe.
func refused(err error) bool {
	var answer redis.Error
	if !errors.As(err, &answer) {
		return false
	}
	for _, passing := range []string{"MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "LOADING", "READONLY", "MASTERDOWN"} {
		if redis.HasErrorPrefix(err, passing) {
			return false
		}
	}
	return true
}

var errMoved = errors.New("the server no longer keeps the session")

// hear receives the messages of a server until its connection is closed.
func (l *listener) hear(line *line) {
	asked := false
	for {
		message, err := line.pubsub.ReceiveTimeout(context.Background(), l.silence)
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() && !asked {
			asked = true
			ctx, cancel := bounded()
			err = line.pubsub.Ping(ctx)
			cancel()
		} else if err == nil {
			asked = false
		}
		if err != nil {
			l.lose(loss{line: line, err: err})
			return
		}
		switch m := message.(type) {
		case *redis.Message:
			l.tell(m.Channel)
		case *redis.Subscription:
			switch m.Kind {
			case "ssubscribe":
				l.tell(m.Channel) // the session may have changed before
			case "sunsubscribe":
				l.lose(loss{line: line, key: m.Channel, err: errMoved}) // ignored if the switchboard has unsubscribed
			}
		}
	}
}
