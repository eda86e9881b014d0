// Package refused has a field of each type that is refused.
package refused

import (
	"bytes"
	"container/list"
	"context"
	"crypto/x509"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unique"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/golang-jwt/jwt/v5"
	"github.com/markbates/goth"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/oauth2"
	"golang.org/x/text/currency"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

type visitor struct {
	_ struct{} `session:"idle=30m"`

	Location     *time.Location        `session:"location"`                 // want visitor.Location: name, zone, tx, extend, cacheStart, cacheEnd and cacheZone of time.Location are not exported and would be lost: keep its String as a string, and read it with time.LoadLocation
	LocationJSON *time.Location        `session:"location_json,json"`       // want visitor.LocationJSON: encoding/json keeps nothing of time.Location; keep its String as a string, and read it with time.LoadLocation
	LocationLoss *time.Location        `session:"location_loss,json,lossy"` // want visitor.LocationLoss: encoding/json keeps nothing of time.Location; keep its String as a string, and read it with time.LoadLocation
	Buffer       bytes.Buffer          `session:"buffer"`                   // want visitor.Buffer: buf, off and lastRead of bytes.Buffer are not exported and would be lost: keep its Bytes as a []byte
	BufferJSON   *bytes.Buffer         `session:"buffer_json,json"`         // want visitor.BufferJSON: encoding/json keeps nothing of bytes.Buffer; keep its Bytes as a []byte
	ListJSON     *list.List            `session:"list_json,json"`           // want visitor.ListJSON: encoding/json keeps nothing of list.List; keep its values in a slice
	Builder      strings.Builder       `session:"builder,json"`             // want visitor.Builder: encoding/json keeps nothing of strings.Builder; keep its String as a string
	Handle       unique.Handle[string] `session:"handle"`                   // want visitor.Handle.value is not exported and would be lost: keep what its Value returns
	HandleJSON   unique.Handle[string] `session:"handle_json,json"`         // want visitor.HandleJSON: encoding/json keeps nothing of unique.Handle[string]; keep what its Value returns
	Mutex        sync.Mutex            `session:"mutex"`                    // want visitor.Mutex: sync.Mutex must not be copied after first use, as the value of a field is; keep what it guards in a struct without it
	MutexLoss    *sync.RWMutex         `session:"mutex_loss,json,lossy"`    // want visitor.MutexLoss: sync.RWMutex must not be copied after first use, as the value of a field is; keep what it guards in a struct without it
	Once         *sync.Once            `session:"once"`                     // want visitor.Once: sync.Once must not be copied after first use, as the value of a field is; keep a bool that reports whether it was done
	Map          sync.Map              `session:"map,json"`                 // want visitor.Map: sync.Map must not be copied after first use, as the value of a field is; keep its entries in a map
	Hits         atomic.Int64          `session:"hits"`                     // want visitor.Hits: atomic.Int64 must not be copied after first use, as the value of a field is; keep what its Load returns
	HitsJSON     []*atomic.Int64       `session:"hits_json,json,lossy"`     // want visitor.HitsJSON[]: atomic.Int64 must not be copied after first use, as the value of a field is; keep what its Load returns
	LevelVar     *slog.LevelVar        `session:"level_var"`                // want visitor.LevelVar: slog.LevelVar must not be copied after first use, as the value of a field is; keep its Level as a slog.Level
	Guarded      Guarded               `session:"guarded"`                  // want visitor.Guarded.mu: sync.Mutex must not be copied after first use, as the value of a field is; keep what it guards in a struct without it
	GuardedJSON  map[string]*Guarded   `session:"guarded_json,json,lossy"`  // want visitor.GuardedJSON[].mu: sync.Mutex must not be copied after first use, as the value of a field is; keep what it guards in a struct without it
	Regexp       *regexp.Regexp        `session:"regexp"`                   // want visitor.Regexp: the methods of regexp.Regexp lose whether it was made by CompilePOSIX or Longest; keep its String as a string
	Unit         currency.Unit         `session:"unit"`                     // want visitor.Unit.index is not exported and would be lost: keep its String as a string, and read it with currency.ParseISO
	Certificate  *x509.Certificate     `session:"certificate"`              // want visitor.Certificate.Issuer.Names[].Value: any has no wire form; keep its Raw as a []byte // visitor.Certificate.PublicKey: any has no wire form; keep its Raw as a []byte
	Error        error                 `session:"error"`                    // want visitor.Error: error has no wire form; keep its text as a string
	ErrorJSON    error                 `session:"error_json,json"`          // want visitor.ErrorJSON: encoding/json cannot know which type to read into error; keep its text as a string
	Context      context.Context       `session:"context"`                  // want visitor.Context: context.Context has no wire form; leave it out with session:"-"

	Token       oauth2.Token           `session:"token"`              // want visitor.Token: raw and expiryDelta of oauth2.Token are not exported and would be lost: keep its AccessToken, TokenType, RefreshToken, Expiry and what you need of Extra in a struct of your own, or tag visitor.Token json,lossy, which loses .raw and .expiryDelta
	TokenJSON   *oauth2.Token          `session:"token_json,json"`    // want visitor.TokenJSON: encoding/json loses .raw and .expiryDelta; keep its AccessToken, TokenType, RefreshToken, Expiry and what you need of Extra in a struct of your own, or write json,lossy to do without
	IDToken     *oidc.IDToken          `session:"id_token"`           // want visitor.IDToken: sigAlgorithm, claims and distributedClaims of oidc.IDToken are not exported and would be lost: keep its Issuer, Subject, Expiry and what you need of Claims in a struct of your own, or the raw token as a string, or tag visitor.IDToken json,lossy, which loses .sigAlgorithm, .claims and .distributedClaims
	IDTokenJSON *oidc.IDToken          `session:"id_token_json,json"` // want visitor.IDTokenJSON: encoding/json loses .sigAlgorithm, .claims and .distributedClaims; keep its Issuer, Subject, Expiry and what you need of Claims in a struct of your own, or the raw token as a string, or write json,lossy to do without
	JWT         *jwt.Token             `session:"jwt"`                // want visitor.JWT.Claims: jwt.Claims has no wire form; keep what you need of jwt.Token in a struct of your own // visitor.JWT.Header[]: any has no wire form; keep what you need of jwt.Token in a struct of your own // visitor.JWT.Method: jwt.SigningMethod has no wire form; keep what you need of jwt.Token in a struct of your own
	WebAuthn    webauthn.SessionData   `session:"webauthn"`           // want visitor.WebAuthn.Extensions.Extra[]: any has no wire form; keep what you need of webauthn.SessionData in a struct of your own, or tag visitor.WebAuthn json
	User        goth.User              `session:"user"`               // want visitor.User.RawData[]: interface{} has no wire form; keep what you need of goth.User in a struct of your own, or tag visitor.User json
	Message     structpb.Struct        `session:"message"`            // want visitor.Message: structpb.Struct is a Protocol Buffers message, which must not be copied: keep a *structpb.Struct
	MessageJSON *timestamppb.Timestamp `session:"message_json,json"`  // want visitor.MessageJSON: timestamppb.Timestamp is a Protocol Buffers message, of which encoding/json does not read all that it writes; remove json
	Decimal128  bson.Decimal128        `session:"decimal128"`         // want visitor.Decimal128: h and l of bson.Decimal128 are not exported and would be lost: keep what you need of bson.Decimal128 in a struct of your own, or tag visitor.Decimal128 json
	BSON        bson.M                 `session:"bson"`               // want visitor.BSON[]: any has no wire form; leave it out with session:"-", or tag the field json

	Hidden    Hidden    `session:"hidden,json"`     // want visitor.Hidden: encoding/json loses .token; leave out what does not count with session:"-", or write json,lossy to do without
	Omitted   Omitted   `session:"omitted,json"`    // want visitor.Omitted: encoding/json loses .Token; leave out what does not count with session:"-", or write json,lossy to do without
	Promoted  Promoted  `session:"promoted,json"`   // want visitor.Promoted: encoding/json loses .Place; remove json, or write json,lossy to do without
	Shadowed  Shadowed  `session:"shadowed,json"`   // want visitor.Shadowed: encoding/json loses .Base.ID; remove json, or write json,lossy to do without
	Ambiguous Ambiguous `session:"ambiguous,json"`  // want visitor.Ambiguous: encoding/json loses .Base.ID and .Other.ID; remove json, or write json,lossy to do without
	ByPointer ByPointer `session:"by_pointer,json"` // want visitor.ByPointer.base: encoding/json cannot make a base to read into, which is not exported; embed the struct itself, not a pointer to it
	OneWay    []OneWay  `session:"one_way,json"`    // want visitor.OneWay[]: OneWay has a method MarshalJSON and no UnmarshalJSON, so its JSON could not be read back; remove json
	ReadOnly  ReadOnly  `session:"read_only,json"`  // want visitor.ReadOnly: ReadOnly has a method UnmarshalText and no MarshalText, so its JSON could not be read back; add the other one
}

// Guarded has a lock that is left out.
type Guarded struct {
	mu    sync.Mutex `session:"-"`
	Count int
}

type Hidden struct {
	Name  string
	token string
	_     int
	mark  struct{}
	left  int `session:"-"`
}

type Omitted struct {
	Name  string
	Token string `json:"-"`
	Left  string `json:"-" session:"-"`
	Dash  string `json:"-,"`
}

// Promoted writes itself by the methods of its time alone.
type Promoted struct {
	time.Time
	Place string
}

type Base struct{ ID, Name string }

type Shadowed struct {
	Base
	ID string
}

type Other struct{ ID string }

type Ambiguous struct {
	Base
	Other
	Kind string
}

type base struct{ ID string }

type ByPointer struct{ *base }

type OneWay struct{ N int }

func (OneWay) MarshalJSON() ([]byte, error) { return nil, nil }

type ReadOnly struct{ N int }

func (*ReadOnly) UnmarshalText([]byte) error { return nil }
