// Command application keeps a user of an application that was not written for
// sessions: its struct is as the application has it.
package main

import (
	"net"
	"time"

	"golang.org/x/tools/txtar"
)

// shopper is a visitor of the application.
type shopper struct {
	_ struct{} `session:"idle=1h"`

	User   *User             `session:"user"`
	Drafts map[string][]Post `session:"drafts"`
}

// User is an account with its preferences, as the application's database and its
// API have it.
type User struct {
	ID          int64      `json:"id" db:"id"`
	CreatedAt   time.Time  `json:"created_at" db:"created_at"`
	DeletedAt   *time.Time `json:"deleted_at,omitempty" db:"deleted_at"`
	LastLogin   *time.Time `json:"last_login" db:"last_login"`
	Username    string     `json:"username" db:"username"`
	Email       *string    `json:"email" db:"email"`
	Nickname    *string    `json:"nickname" db:"nickname"`
	PasswordSum []byte     `json:"-" db:"password_sum"`
	Avatar      []byte     `json:"avatar,omitempty" db:"avatar"`
	LastIP      net.IP     `json:"last_ip" db:"last_ip"`
	Manager     *User      `json:"manager,omitempty" db:"-"`
	Team        **Team     `session:"-" json:"-"`
	Settings    *Settings  `json:"settings"`
	Posts       []*Post    `json:"posts"`
	Roles       map[string]bool
	*txtar.Archive
	Audit
}

// Settings are what a user has chosen.
type Settings struct {
	Theme   *string
	Notify  *Notify
	Pinned  [3]*string
	Windows [][]int
}

// Notify says when to send mail.
type Notify struct {
	Every *time.Duration
	Quiet map[time.Weekday][2]time.Duration
}

// Post is a text with comments.
type Post struct {
	Title    string
	Comments []*Comment
}

// Comment may answer another one.
type Comment struct {
	Text    string
	ReplyTo *Comment
}

// Audit is embedded everywhere.
type Audit struct {
	By *string
	At time.Time
}

// Team is not kept.
type Team struct{ members chan *User }
