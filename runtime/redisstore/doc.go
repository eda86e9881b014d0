// Package redisstore is for applications that run as several processes and keep their
// sessions in Redis or Valkey. It takes a go-redis client for a single server, for a server
// that Sentinel watches, or for a Redis Cluster:
//
//	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: addresses})
//	store, err := redisstore.New(client)
//	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys))
//
// The package is a module of its own, so that only programs that import it require
// go-redis. Of sessiongen's packages it imports runtime alone.
//
// # Requirements
//
// The server is Redis 6.2 or later, or Valkey, with these settings:
//
//   - maxmemory-policy noeviction. Every other policy evicts sessions when memory is short,
//     and with them the tombstones that keep ended sessions from coming back. With
//     noeviction, a full server refuses writes, and visitors see errors. It still answers
//     reads, and sessions can still be ended. [New] refuses a server with another policy.
//   - appendonly yes, if sessions are to survive a restart. With appendfsync always,
//     acknowledged writes survive a crash. With everysec, the default, the last second of
//     writes may be lost. This includes logouts: a session that was ended is then alive
//     again.
//
// The store reads from primaries only, because a replica that lags behind would accept
// sessions that have just been ended. New refuses clients that read from replicas. A server
// that becomes a replica while connections to it are open refuses to read, and so does a
// primary that may not write at the moment, because of min-replicas-to-write or a snapshot
// that failed.
//
// An answer that the server would give again, such as OOM, NOPERM or READONLY, wraps
// [runtime.ErrRefused] and is not repeated by sessiongen. go-redis itself repeats READONLY and
// NOREPLICAS, see its MaxRetries.
//
// While Redis cannot be reached, visitors with a session get an error page. A store failure
// never makes a signed-in visitor anonymous. When Redis is back, go-redis may need a second
// to notice: after many failed connections it tries once a second.
//
// # What a failover may lose
//
// Redis replicates a write after it has answered. A replica that takes over may lack the
// last writes of the primary: a new session is then unknown, a change is undone, and a
// session that was ended is alive again until its deadline. No record is torn, and a
// request that builds on a lost write gets a conflict. In a Cluster, different servers keep
// the record and the index. There, the list of a principal's sessions may also lack a
// session that signed in just before the failover, until its next sign-in. [WithReplicas]
// makes all of this less likely, and cannot rule it out.
//
// # How sessions are kept
//
// A session is one string: its deadlines, revision, terms and data. Each call is a script on
// this string, which goes by the server's clock, so the clocks of processes need not agree.
// Redis removes the string at its deadline. Each term has a sorted set of the sessions that
// may carry it. These entries are hints: the record of the session decides.
//
// On a single server, one script writes the record and the entries. In a Cluster, the store
// adds the entry, waits for the answer, and then writes the record. An entry is removed only
// after its deadline, which is an hour later than the record's. A crash in between therefore
// leaves an entry without a session, and never a session without an entry. This holds as
// long as no call takes more than an hour to reach a server, and no server's clock is set
// forward by more than an hour.
//
// A request that reads takes one command, and a request that writes takes two, signing in
// included. In a Cluster, signing in takes one more command for each term, all sent together
// before the record is written. Adding a term without signing in takes another attempt before
// that. Keys begin with "sessiongen:", see [WithPrefix].
//
// A session's Done closes at once after a change: [Store.Watch] subscribes to the shard
// channel that has the name of the session's key, and the scripts publish to it if it has
// subscribers. This takes Redis 7 or Valkey, and an account that may use PUBSUB, SPUBLISH
// and SSUBSCRIBE. Otherwise the sessions are polled, see [runtime.WithPolling].
//
// RevokeAll walks over all keys of the server by SCAN, a thousand at a time, and ends a hundred
// sessions with a script, which takes about a millisecond. In a Cluster each session takes a
// script of its own. RevokeAll needs INFO and, in a Cluster, CLUSTER NODES.
//
// Programs that share a prefix share their sessions, and have to trust each other.
package redisstore
