// Package redisstore keeps sessions in Redis or Valkey, for applications that run
// as several processes. It takes a go-redis client for a single server, for one
// that Sentinel watches, or for a Redis Cluster:
//
//	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: addresses})
//	store, err := redisstore.New(client)
//	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys))
//
// The package is a module of its own, so that only programs that import it require
// the client.
//
// # What the server needs
//
// Redis 6.2 or later, or Valkey, with these settings:
//
//   - maxmemory-policy noeviction. Any other one throws sessions away when memory is
//     short, and with them the tombstones that keep a session that was ended from
//     coming back. With noeviction a full server refuses writes, which visitors get
//     to see as errors; it goes on to answer reads, and sessions can still be ended.
//     [New] refuses a server with another policy.
//   - appendonly yes, if sessions are to survive a restart. With appendfsync always,
//     what the server has acknowledged is there after a crash; with everysec, the
//     default, the last second may be lost: sessions that were created or changed
//     then, and logouts too, so that a session which was ended is alive again.
//
// Reads go to primaries only, because a replica that lags behind would let in
// whoever has just been logged out; New refuses clients that read from replicas, and a
// server that has become a replica while connections to it were open refuses to read. So does a primary
// that may not write at the moment, because of min-replicas-to-write or a snapshot that failed.
//
// While Redis cannot be reached, visitors with a session get an error page, and nobody
// is taken for somebody else or for nobody. When it is there again, go-redis may take
// a second to notice: it tries once a second when many connections have failed.
//
// # What a failover may lose
//
// Redis replicates after it has answered. A replica that takes over may lack the
// last writes of the primary: a session that was created a moment ago is unknown
// then, a change is undone, and a session that was ended a moment ago is alive
// again until its deadline. No record is torn, and a request that had built on what
// was lost finds a conflict and says so. In a Cluster, where the record and the
// index are kept by different servers, the list of a principal's sessions may also
// lack one that was signed in a moment before the failover, until its next sign-in.
// [WithReplicas] makes all of that less likely, and cannot rule it out.
//
// # How sessions are kept
//
// A session is one string: its deadlines, revision, terms and data. Each call is a
// script on it, which goes by the server's clock, so that the clocks of processes
// need not agree. Redis removes it at its deadline. For each term there is a sorted
// set of the sessions that may carry it, which is only a hint: the session's own
// record decides. With a single server the same script writes both. In a Cluster the
// entry is added first, with an answer, and the record is written after that; an
// entry is removed only when its deadline has passed, and a deadline there has an
// hour to spare. So a crash in between leaves an entry without a session, and never
// a session that is not listed. This holds as long as no call takes more than that
// hour to reach a server, and no server's clock is set forward by more.
//
// A request that reads costs one command, one that writes two, signing in included;
// in a Cluster signing in costs one more for each term, sent together before the
// record is written, and a term that is added without signing in another attempt
// before that. Keys begin with "sessiongen:", see [WithPrefix].
//
// Who waits for a session's Done is told at once: the scripts publish to the shard channel
// with the name of the session's key, if anybody has subscribed to it, and [Store.Watch] does.
// This takes Redis 7 or Valkey, and an account that may use PUBSUB, SPUBLISH and SSUBSCRIBE; without, such
// sessions are looked at from time to time, see [runtime.WithPolling].
//
// Programs that share a prefix share their sessions: they trust each other.
package redisstore
