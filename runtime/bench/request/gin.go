package request

import (
	"net/http"
	"net/http/httptest"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/memstore"
	"github.com/gin-gonic/gin"

	"github.com/sessiongen/sessiongen/runtime/bench/codec"
	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

// ginApp is a site with gin-contrib/sessions on its memstore, which keeps values, and
// copies them by gob whenever it gives them out or takes them.
type ginApp struct{ store memstore.Store }

func newGin() (app, error) {
	gin.SetMode(gin.ReleaseMode)
	store := memstore.NewStore(secret, []byte(secret))
	store.Options(sessions.Options{Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return ginApp{store}, nil
}

func (a ginApp) engine(handle func(c *gin.Context)) *gin.Engine {
	engine := gin.New()
	engine.Use(sessions.Sessions(cookieName, a.store))
	engine.GET("/", func(c *gin.Context) {
		handle(c)
		c.Status(http.StatusOK)
		c.Writer.WriteHeaderNow()
	})
	return engine
}

func (a ginApp) serve(kind Kind, seen *Seen) (server, error) {
	handle := func(*gin.Context) {}
	sample := content.Sample()
	switch kind {
	case ReadOne:
		handle = func(c *gin.Context) { seen.UserID, _ = sessions.Default(c).Get(codec.UserID).(int64) }
	case ReadAll:
		handle = func(c *gin.Context) {
			s := sessions.Default(c)
			seen.Content, seen.Err = codec.Gather(func(key string) any { return s.Get(key) })
		}
	case WriteOne:
		handle = func(c *gin.Context) {
			s := sessions.Default(c)
			s.Set(codec.Theme, seen.theme())
			seen.Err = s.Save()
		}
	case New:
		handle = func(c *gin.Context) {
			s := sessions.Default(c)
			codec.Scatter(&sample, func(key string, value any) { s.Set(key, value) })
			seen.Err = s.Save()
		}
	}
	return newServer(a.engine(handle))
}

// forget deletes each session as a logout does: the store has no other way.
func (a ginApp) forget(cookies []string) (bool, error) {
	var failed error
	logout := a.engine(func(c *gin.Context) {
		s := sessions.Default(c)
		s.Options(sessions.Options{Path: "/", MaxAge: -1})
		if err := s.Save(); err != nil {
			failed = err
		}
	})
	for _, line := range cookies {
		cookie, err := value(line)
		if err != nil {
			return false, err
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: cookieName, Value: cookie})
		logout.ServeHTTP(httptest.NewRecorder(), r)
	}
	return false, failed
}

func (ginApp) size(string) (int, error) { return 0, nil }
