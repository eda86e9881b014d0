package codec

import (
	"fmt"
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

// The keys under which libraries with string keys keep the content.
const (
	UserID   = "user_id"
	Username = "username"
	LoggedIn = "logged_in"
	LastSeen = "last_seen"
	Roles    = "roles"
	Cart     = "cart"
	Theme    = "theme"
)

// Values is a content as such libraries have it.
func Values(c content.Content) map[string]any {
	return map[string]any{
		UserID: c.UserID, Username: c.Username, LoggedIn: c.LoggedIn, LastSeen: c.LastSeen,
		Roles: c.Roles, Cart: c.Cart, Theme: c.Theme,
	}
}

// OfValues is the reverse of [Values]. A missing key, or a value of another type, is
// an error.
func OfValues(values map[string]any) (c content.Content, err error) {
	get := func(key string) any { return values[key] }
	return Gather(get)
}

// Gather reads a content from a library with string keys, as a handler does it.
func Gather(get func(key string) any) (c content.Content, err error) {
	var ok [7]bool
	c.UserID, ok[0] = get(UserID).(int64)
	c.Username, ok[1] = get(Username).(string)
	c.LoggedIn, ok[2] = get(LoggedIn).(bool)
	c.LastSeen, ok[3] = get(LastSeen).(time.Time)
	c.Roles, ok[4] = get(Roles).([]string)
	c.Cart, ok[5] = get(Cart).([]content.Line)
	c.Theme, ok[6] = get(Theme).(string)
	if ok != [7]bool{true, true, true, true, true, true, true} {
		err = fmt.Errorf("not everything is there: %v", ok)
	}
	return c, err
}

// Scatter gives a content to such a library.
func Scatter(c *content.Content, put func(key string, value any)) {
	put(UserID, c.UserID)
	put(Username, c.Username)
	put(LoggedIn, c.LoggedIn)
	put(LastSeen, c.LastSeen)
	put(Roles, c.Roles)
	put(Cart, c.Cart)
	put(Theme, c.Theme)
}
