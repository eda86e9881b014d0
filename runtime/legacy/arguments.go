package legacy

import (
	"reflect"
	"time"

	"github.com/gorilla/securecookie"
)

// Takeover has the arguments of [github.com/sessiongen/sessiongen/runtime.WithLegacy].
type Takeover struct {
	Until   time.Time
	Source  Source
	Session reflect.Type                             // the type that Fill fills
	Fill    func(session any, old map[any]any) error // nil if WithLegacy was given no function
}

// Cookies has the arguments of [github.com/sessiongen/sessiongen/runtime.WithLegacyCookies].
type Cookies struct {
	Until  time.Time
	Codecs []securecookie.Codec
}
