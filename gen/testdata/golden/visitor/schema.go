// Command visitor has an example of everything that a tag can say.
package main

import "time"

// visitor's session is what the site remembers about one browser.
//
// It has a list:
//   - of things that are kept
//   - and of things that are not
//
// and some code:
//
//	v := VisitorFrom(r.Context())
type visitor struct {
	_ struct{} `session:"idle=1h30m,lifetime=2w" cookie:"__Host-visitor,samesite=strict"`

	// UserID is the account that is signed in.
	UserID int64 `session:"user_id,principal"`

	// Role is what the account may do. Ask [visitor.Role] for it:
	//
	//	if v.Role() == "admin" {
	//
	// Deprecated: use Rights.
	Role string `session:"role,renew,default=guest"`

	Team    string        `session:"team,index,was=group"` // Team is beside its field.
	Notice  string        `session:"notice,flash"`
	Notices []string      `session:"notices,flash"`
	PIN     string        `session:"pin,secret"`
	Wait    time.Duration `session:"wait,default=1m30s"`
	Since   time.Time     `session:"since,index"`
	Rights  Rights        `session:"rights,renew,secret"`

	// Theme paints the page.
	Theme    string `cookie:"theme,domain=golden.example,path=/shop,samesite=none,partitioned,httponly=false,max-age=400d"`
	Campaign string `cookie:"campaign,signed,was=source,samesite=strict"`
	Ticket   int    `cookie:"ticket,encrypted,secret,secure=false,max-age=90s"`
}

// Rights are what somebody may do.
type Rights struct{ Read, Write []string }
