package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
)

// inspect refuses clients that could bring back sessions that have ended.
func (s *Store) inspect() error {
	switch client := s.client.(type) {
	case *redis.Client:
		if client == nil {
			return errNoClient
		}
		s.keepsDeadlines = client.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		if client == nil {
			return errNoClient
		}
		o := client.Options()
		if o.ReadOnly || o.RouteByLatency || o.RouteRandomly {
			return errors.New("redisstore: the client reads from replicas, which may lag behind and accept sessions that have just been ended: leave out ReadOnly, RouteByLatency, RouteRandomly and ReplicaOnly")
		}
		s.split = true // keepsDeadlines stays false: the client ignores deadlines while it loads the list of commands
	case *redis.Ring:
		return errors.New("redisstore: a Ring moves the sessions of a server that is down to another one, and brings back sessions that have ended when the server returns: use a Redis Cluster, or one server that Sentinel watches")
	case nil:
		return errNoClient
	default:
		return fmt.Errorf("redisstore: a %T may read from replicas without notice: give the *redis.Client or *redis.ClusterClient itself, to which hooks can be added", client)
	}
	return nil
}

var errNoClient = errors.New("redisstore: the client is nil: give one made by redis.NewClient, redis.NewFailoverClient or redis.NewClusterClient")

// Check returns an error if a server cannot keep sessions safely: it is not a primary, its
// maxmemory-policy is not noeviction, or it is part of a Cluster and the client is not one
// for a Cluster. Check asks every primary by the INFO command, and by CONFIG GET if INFO
// does not contain the policy. If a server cannot be reached, Check returns the error of
// go-redis, wrapped.
func (s *Store) Check(ctx context.Context) error {
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		_, err := await(ctx, s.keepsDeadlines, func() (struct{}, error) {
			return struct{}{}, cluster.ForEachMaster(ctx, s.examine)
		})
		return wrap("checking the servers", err)
	}
	_, err := await(ctx, s.keepsDeadlines, func() (struct{}, error) {
		return struct{}{}, s.examine(ctx, s.client.(*redis.Client))
	})
	return wrap("checking the server", err)
}

// refusal is an error of Check about an unsuitable server.
type refusal string

func (r refusal) Error() string { return "redisstore: " + string(r) }

// Is makes a refusal a [runtime.ErrRefused].
func (r refusal) Is(target error) bool { return target == runtime.ErrRefused }

func (s *Store) examine(ctx context.Context, server *redis.Client) error {
	text, err := server.Info(ctx, "replication").Result()
	if err != nil {
		return err
	}
	if role := field(text, "role"); role != "master" {
		return refusal(fmt.Sprintf("the server is a %s, not a primary, and may lag behind: give the client the primary's address and leave out ReplicaOnly", role))
	}
	if !s.split {
		text, err := server.Info(ctx, "cluster").Result()
		if err != nil {
			return err
		}
		if field(text, "cluster_enabled") == "1" {
			return refusal("the server is part of a Redis Cluster: make the client with redis.NewClusterClient")
		}
	}
	policy, err := s.policy(ctx, server)
	switch {
	case err != nil:
		return err
	case policy == "" && !s.unknownEviction:
		return refusal("the server does not tell its maxmemory-policy: make sure that it is noeviction, and confirm it by WithUnknownEviction")
	case policy != "" && policy != "noeviction":
		return refusal(fmt.Sprintf("the server's maxmemory-policy is %s, which evicts sessions and the tombstones of ended ones when memory is short: set it to noeviction", policy))
	}
	return nil
}

// policy returns the server's maxmemory-policy, or "" if the server does not tell it.
func (s *Store) policy(ctx context.Context, server *redis.Client) (string, error) {
	var refused redis.Error // managed servers forbid CONFIG, and an account may lack INFO
	text, err := server.Info(ctx, "memory").Result()
	if err != nil && !errors.As(err, &refused) {
		return "", err
	}
	if policy := field(text, "maxmemory_policy"); policy != "" {
		return policy, nil
	}
	config, err := server.ConfigGet(ctx, "maxmemory-policy").Result()
	if err != nil && !errors.As(err, &refused) {
		return "", err
	}
	return config["maxmemory-policy"], nil
}

// field returns the value of a field in the answer to INFO.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
