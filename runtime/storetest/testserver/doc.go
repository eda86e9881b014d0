// Package testserver is for tests of stores: it starts real PostgreSQL, MariaDB and Redis
// servers, and nginx, from the programs that the machine has. Each server has a free port of the loopback
// interface and data of its own. The package imports the standard library alone.
//
//	func TestMain(m *testing.M) { os.Exit(testserver.Run(m)) }
//
//	func TestStore(t *testing.T) {
//		db, err := sql.Open("pgx", testserver.SharedPostgres(t))
//		…
//	}
//
// If a program is missing, the test is skipped with a message that says how to install it.
// With CI=true in the environment the test fails instead, so that CI skips no test unnoticed.
//
// Servers, and a [Proxy] in front of them, can fail on demand: [Server.Kill], [Server.Pause],
// [Proxy.Refuse], [Proxy.Stall], [Proxy.CutReplies].
package testserver
