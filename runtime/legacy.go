package runtime

import (
	"reflect"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/sessiongen/sessiongen/runtime/legacy"
)

// Legacy has the arguments of [WithLegacy].
type Legacy struct {
	Until   time.Time
	Source  legacy.Source
	Session reflect.Type                             // the type that Fill fills
	Fill    func(session any, old map[any]any) error // nil if WithLegacy was given no function
}

// LegacyCookies has the arguments of [WithLegacyCookies].
type LegacyCookies struct {
	Until  time.Time
	Codecs []securecookie.Codec
}
