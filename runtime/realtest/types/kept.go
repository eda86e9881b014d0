package types

import (
	"crypto/ed25519"
	"crypto/rsa"
	"database/sql"
	"encoding/json"
	"html/template"
	"image"
	"image/color"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/mail"
	"net/netip"
	"net/textproto"
	"net/url"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/cockroachdb/apd/v3"
	"github.com/go-webauthn/webauthn/webauthn"
	gofrs "github.com/gofrs/uuid/v5"
	"github.com/golang-jwt/jwt/v5"
	"github.com/golang-sql/civil"
	"github.com/google/uuid"
	"github.com/guregu/null/v6"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/markbates/goth"
	"github.com/oklog/ulid/v2"
	"github.com/rs/xid"
	"github.com/samber/mo"
	"github.com/segmentio/ksuid"
	"github.com/shopspring/decimal"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/text/language"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// kept has a field of each type that is kept as it is.
type kept struct {
	_ struct{} `session:"idle=30m"`

	// The standard library.
	NullString sql.NullString          `session:"null_string"`
	NullInt64  sql.NullInt64           `session:"null_int64"`
	NullFloat  sql.NullFloat64         `session:"null_float"`
	NullBool   sql.NullBool            `session:"null_bool"`
	NullByte   sql.NullByte            `session:"null_byte"`
	NullTime   sql.NullTime            `session:"null_time"`
	NullOf     sql.Null[time.Duration] `session:"null_of"`
	Addr       netip.Addr              `session:"addr"`
	AddrPort   netip.AddrPort          `session:"addr_port"`
	Prefix     netip.Prefix            `session:"prefix"`
	IP         net.IP                  `session:"ip"`
	IPNet      net.IPNet               `session:"ip_net"`
	MAC        net.HardwareAddr        `session:"mac"`
	TCPAddr    *net.TCPAddr            `session:"tcp_addr"`
	BigInt     *big.Int                `session:"big_int"`
	BigRat     *big.Rat                `session:"big_rat"`
	BigFloat   *big.Float              `session:"big_float"`
	BigFloats  []big.Float             `session:"big_floats"`
	FloatOf    map[string]*big.Float   `session:"float_of"`
	URL        *url.URL                `session:"url"`
	Query      url.Values              `session:"query"`
	Header     http.Header             `session:"header"`
	MIME       textproto.MIMEHeader    `session:"mime"`
	Cookie     http.Cookie             `session:"cookie"`
	SameSite   http.SameSite           `session:"same_site"`
	HTML       template.HTML           `session:"html"`
	Raw        json.RawMessage         `session:"raw"`
	Number     json.Number             `session:"number"`
	Time       time.Time               `session:"time"`
	Duration   time.Duration           `session:"duration"`
	Month      time.Month              `session:"month"`
	Weekday    time.Weekday            `session:"weekday"`
	Level      slog.Level              `session:"level"`
	Mode       fs.FileMode             `session:"mode"`
	Mail       mail.Address            `session:"mail"`
	Point      image.Point             `session:"point"`
	Rectangle  image.Rectangle         `session:"rectangle"`
	Color      color.RGBA              `session:"color"`
	RSA        *rsa.PublicKey          `session:"rsa"`
	Ed25519    ed25519.PublicKey       `session:"ed25519"`
	Complex    complex128              `session:"complex"`
	Any        any                     `session:"any,json"`
	Object     map[string]any          `session:"object,json"`

	// Null types and numbers.
	GureguString null.String         `session:"guregu_string"`
	GureguInt    null.Int            `session:"guregu_int"`
	GureguFloat  null.Float          `session:"guregu_float"`
	GureguBool   null.Bool           `session:"guregu_bool"`
	GureguTime   null.Time           `session:"guregu_time"`
	GureguValue  null.Value[Level]   `session:"guregu_value"`
	Decimal      decimal.Decimal     `session:"decimal"`
	NullDecimal  decimal.NullDecimal `session:"null_decimal"`
	APD          *apd.Decimal        `session:"apd"`
	NullAPD      apd.NullDecimal     `session:"null_apd"`

	// Identifiers, days and versions.
	UUID      uuid.UUID         `session:"uuid"`
	NullUUID  uuid.NullUUID     `session:"null_uuid"`
	Gofrs     gofrs.UUID        `session:"gofrs"`
	NullGofrs gofrs.NullUUID    `session:"null_gofrs"`
	ULID      ulid.ULID         `session:"ulid"`
	XID       xid.ID            `session:"xid"`
	KSUID     ksuid.KSUID       `session:"ksuid"`
	ObjectID  bson.ObjectID     `session:"object_id"`
	Date      civil.Date        `session:"date"`
	TimeOfDay civil.Time        `session:"time_of_day"`
	DateTime  civil.DateTime    `session:"date_time"`
	Language  language.Tag      `session:"language"`
	Version   *semver.Version   `session:"version"`
	Option    mo.Option[string] `session:"option"`

	// PostgreSQL.
	PgText     pgtype.Text                      `session:"pg_text"`
	PgInt      pgtype.Int8                      `session:"pg_int"`
	PgNumeric  pgtype.Numeric                   `session:"pg_numeric"`
	PgUUID     pgtype.UUID                      `session:"pg_uuid"`
	PgDate     pgtype.Date                      `session:"pg_date"`
	PgTime     pgtype.Timestamptz               `session:"pg_time"`
	PgInterval pgtype.Interval                  `session:"pg_interval"`
	PgRange    pgtype.Range[pgtype.Timestamptz] `session:"pg_range"`

	// Signing in.
	Claims   jwt.RegisteredClaims `session:"claims"`
	User     goth.User            `session:"user,json"`
	WebAuthn webauthn.SessionData `session:"webauthn,json"`

	// Protocol Buffers.
	Struct     *structpb.Struct                   `session:"struct"`
	Timestamps []*timestamppb.Timestamp           `session:"timestamps"`
	Wrappers   map[string]*wrapperspb.StringValue `session:"wrappers"`
	Nested     Nested                             `session:"nested"`
}

// Level is a type of the program.
type Level int

// Nested has messages in a struct.
type Nested struct {
	Struct *structpb.Struct
	Value  *wrapperspb.BytesValue
	Float  *big.Float
}
