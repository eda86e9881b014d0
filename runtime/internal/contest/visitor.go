// Package contest is for the tests of stores: it lets requests of several programs meet on one
// session, on whatever store. The same must hold for each store, and each store has a test that
// runs these. [Mix] does everything at once.
package contest

//go:generate go run ../../../cmd/sessiongen

// visitor has one field of each kind that requests can quarrel about.
type visitor struct {
	_ struct{} `session:"idle=5m,lifetime=1h" cookie:"__Host-visitor"`

	// User is the account that is signed in.
	User string `session:"user,principal"`
	// Role is what the account may do.
	Role     string         `session:"role,renew"`
	Team     string         `session:"team,index"`
	Nickname string         `session:"nickname"`
	Visits   int            `session:"visits"`
	Prefs    map[string]int `session:"prefs"`
	Notice   string         `session:"notice,flash"`
}
