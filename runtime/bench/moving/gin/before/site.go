// Package tasks is a small list of things to do as it was when it kept its sessions with
// gin-contrib/sessions: what the moved one beside it is compared with.
package tasks

import (
	"net/http"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
)

const userKey = "user"

var accounts = map[string]string{"ada": "u-7", "grace": "u-8"} // a real one asks a database

// New makes the site. Its cookies are made with keys.
func New(keys ...[]byte) http.Handler {
	engine := gin.New()
	store := cookie.NewStore(keys...)
	store.Options(sessions.Options{Path: "/", MaxAge: 3600, HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode})
	engine.Use(sessions.Sessions("tasks", store))
	engine.GET("/", home)
	engine.POST("/login", login)
	engine.POST("/logout", logout)
	engine.POST("/add", members, add)
	return engine
}

func home(c *gin.Context) {
	session := sessions.Default(c)
	notices := session.Flashes("notice")
	if err := session.Save(); err != nil {
		c.String(http.StatusInternalServerError, "Please try again.\n")
		return
	}
	for _, notice := range notices {
		c.String(http.StatusOK, "%s\n", notice)
	}
	user := session.Get(userKey)
	if user == nil {
		c.String(http.StatusOK, "Nobody is signed in.\n")
		return
	}
	open, _ := session.Get("open").([]string)
	c.String(http.StatusOK, "%s has %d to do.\n", user, len(open))
}

func login(c *gin.Context) {
	user, ok := accounts[c.PostForm("name")]
	if !ok {
		c.String(http.StatusForbidden, "That is not an account.\n")
		return
	}
	session := sessions.Default(c)
	session.Set(userKey, user)
	session.AddFlash("Welcome back.", "notice")
	if err := session.Save(); err != nil {
		c.String(http.StatusInternalServerError, "Please try again.\n")
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}

func logout(c *gin.Context) {
	session := sessions.Default(c)
	session.Clear()
	session.Options(sessions.Options{Path: "/", MaxAge: -1})
	if err := session.Save(); err != nil {
		c.String(http.StatusInternalServerError, "Please try again.\n")
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}

// members lets nobody in who is not signed in.
func members(c *gin.Context) {
	if sessions.Default(c).Get(userKey) == nil {
		c.String(http.StatusUnauthorized, "Sign in first.\n")
		c.Abort()
	}
}

func add(c *gin.Context) {
	session := sessions.Default(c)
	open, _ := session.Get("open").([]string)
	session.Set("open", append(open, c.PostForm("text")))
	if err := session.Save(); err != nil {
		c.String(http.StatusInternalServerError, "Please try again.\n")
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}
