// Package tasks is a small list of things to do moved to sessiongen from
// gin-contrib/sessions, by sessiongen init and the edits that git diff --no-index before
// after shows.
package tasks

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/securecookie"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/legacy"
)

var accounts = map[string]string{"ada": "u-7", "grace": "u-8"} // a real one asks a database

// New makes the site. Its sessions are in store; until the end of the move it takes those
// over that are in cookies made with oldKeys.
func New(store runtime.Store, until time.Time, oldKeys [][]byte, options ...runtime.Option) (http.Handler, error) {
	visitors, err := NewVisitorManager(store, append(options,
		runtime.WithLegacy(until, legacy.FromGorilla("tasks", securecookie.CodecsFromPairs(oldKeys...)...), FillVisitor))...)
	if err != nil {
		return nil, err
	}
	engine := gin.New()
	engine.GET("/", home)
	engine.POST("/login", login)
	engine.POST("/logout", logout)
	engine.POST("/add", members, add)
	return visitors.Middleware(engine), nil
}

func home(c *gin.Context) {
	v := VisitorFrom(c.Request.Context())
	notices, _ := v.TakeNotice()
	for _, notice := range notices {
		c.String(http.StatusOK, "%s\n", notice)
	}
	if !v.HasUser() {
		c.String(http.StatusOK, "Nobody is signed in.\n")
		return
	}
	c.String(http.StatusOK, "%s has %d to do.\n", v.User(), len(v.Open()))
}

func login(c *gin.Context) {
	user, ok := accounts[c.PostForm("name")]
	if !ok {
		c.String(http.StatusForbidden, "That is not an account.\n")
		return
	}
	v := VisitorFrom(c.Request.Context())
	v.SetUser(user)
	v.AppendNotice("Welcome back.")
	v.Remember(true)
	c.Redirect(http.StatusSeeOther, "/")
}

func logout(c *gin.Context) {
	VisitorFrom(c.Request.Context()).Destroy()
	c.Redirect(http.StatusSeeOther, "/")
}

// members lets nobody in who is not signed in.
func members(c *gin.Context) {
	if !VisitorFrom(c.Request.Context()).HasUser() {
		c.String(http.StatusUnauthorized, "Sign in first.\n")
		c.Abort()
	}
}

func add(c *gin.Context) {
	VisitorFrom(c.Request.Context()).AppendOpen(c.PostForm("text"))
	c.Redirect(http.StatusSeeOther, "/")
}
