package contest

// guest has one field of each kind that the mix writes to. It has no index field, so that sealed
// sessions serve it too.
type guest struct {
	_ struct{} `session:"idle=2h,lifetime=12h" cookie:"__Host-guest"`

	// User is the account that is signed in.
	User string `session:"user,principal"`
	// Role is what the account may do.
	Role string `session:"role,renew"`
	// Stay names the time between two changes of the user.
	Stay string `session:"stay"`

	// Count, Texts and Table get each token in one commit, so they always agree.
	Count int            `session:"count"`
	Texts []string       `session:"texts"`
	Table map[string]int `session:"table"`

	Nickname string `session:"nickname"`
	// Marks are put one by one and removed one by one.
	Marks map[string]int `session:"marks"`
	// Draft is changed in place.
	Draft  map[string]string `session:"draft"`
	Notice string            `session:"notice,flash"`

	// Log and Sum have another type in package newer: entries have a field more, and the sum is
	// soon too large to be read here.
	Log []Entry `session:"log"`
	Sum int8    `session:"sum"`
}

// Entry is a line of the log.
type Entry struct{ Text string }
