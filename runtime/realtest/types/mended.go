package types

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/markbates/goth"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/oauth2"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// mended has the fields of the schema in testdata/refused, each kept as the error about it advises.
type mended struct {
	_ struct{} `session:"idle=30m"`

	Location     string             `session:"location"`
	LocationJSON string             `session:"location_json"`
	LocationLoss string             `session:"location_loss"`
	Buffer       []byte             `session:"buffer"`
	BufferJSON   []byte             `session:"buffer_json"`
	ListJSON     []string           `session:"list_json"`
	Builder      string             `session:"builder"`
	Handle       string             `session:"handle"`
	HandleJSON   string             `session:"handle_json"`
	Mutex        Counter            `session:"mutex"`
	MutexLoss    Counter            `session:"mutex_loss"`
	Once         bool               `session:"once"`
	Map          map[string]int     `session:"map"`
	Hits         int64              `session:"hits"`
	HitsJSON     []int64            `session:"hits_json"`
	LevelVar     slog.Level         `session:"level_var"`
	Guarded      Counter            `session:"guarded"`
	GuardedJSON  map[string]Counter `session:"guarded_json"`
	Regexp       string             `session:"regexp"`
	Unit         string             `session:"unit"`
	Certificate  []byte             `session:"certificate"`
	Error        string             `session:"error"`
	ErrorJSON    string             `session:"error_json"`
	Context      context.Context    `session:"-"`

	Token       Token                  `session:"token"`
	TokenJSON   *oauth2.Token          `session:"token_json,json,lossy"`
	IDToken     IDToken                `session:"id_token"`
	IDTokenJSON string                 `session:"id_token_json"`
	JWT         IDToken                `session:"jwt"`
	WebAuthn    webauthn.SessionData   `session:"webauthn,json"`
	User        goth.User              `session:"user,json"`
	Message     *structpb.Struct       `session:"message"`
	MessageJSON *timestamppb.Timestamp `session:"message_json"`
	Decimal128  bson.Decimal128        `session:"decimal128,json"`
	BSON        bson.M                 `session:"bson,json"`

	Hidden    Hidden    `session:"hidden,json"`
	Omitted   Omitted   `session:"omitted,json"`
	Promoted  Promoted  `session:"promoted"`
	Shadowed  Shadowed  `session:"shadowed"`
	Ambiguous Ambiguous `session:"ambiguous"`
	ByPointer ByPointer `session:"by_pointer,json"`
	OneWay    []OneWay  `session:"one_way"`
	ReadOnly  ReadOnly  `session:"read_only,json"`
}

// Counter is what a lock guards.
type Counter struct{ Count int }

// Token is what the program needs of an oauth2.Token, with one of its extras.
type Token struct {
	AccessToken, TokenType, RefreshToken string
	Expiry                               time.Time
	IDToken                              string
}

// IDToken is what the program needs of an oidc.IDToken.
type IDToken struct {
	Issuer, Subject string
	Expiry          time.Time
	Claims          Claims
}

// Claims are those that the program needs.
type Claims struct {
	Email    string
	Verified bool
	Groups   []string
}

// Hidden says that its token does not count.
type Hidden struct {
	Name string
	//lint:ignore U1000 it is here to be left out
	token string `session:"-"`
}

// Omitted says that its token does not count.
type Omitted struct {
	Name  string
	Token string `json:"-" session:"-"`
}

// Promoted has the JSON of its time alone.
type Promoted struct {
	time.Time
	Place string
}

// Base is embedded.
type Base struct{ ID, Name string }

// Shadowed has a field that hides another one from encoding/json.
type Shadowed struct {
	Base
	ID string
}

// Other is embedded.
type Other struct{ ID string }

// Ambiguous has two fields that encoding/json takes for one.
type Ambiguous struct {
	Base
	Other
	Kind string
}

type base struct{ ID string }

// ByPointer embeds a struct rather than a pointer to it.
type ByPointer struct{ base }

// OneWay does not read its JSON.
type OneWay struct{ N int }

// MarshalJSON has no counterpart.
func (OneWay) MarshalJSON() ([]byte, error) { return []byte("1"), nil }

// ReadOnly has both methods.
type ReadOnly struct{ N int }

// MarshalText returns the number.
func (v ReadOnly) MarshalText() ([]byte, error) { return json.Marshal(v.N) }

// UnmarshalText reads the number.
func (v *ReadOnly) UnmarshalText(text []byte) error { return json.Unmarshal(text, &v.N) }
