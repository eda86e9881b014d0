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
	"math"
	"math/big"
	"net"
	"net/http"
	"net/mail"
	"net/netip"
	"net/textproto"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/cockroachdb/apd/v3"
	"github.com/go-webauthn/webauthn/protocol"
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

var (
	moment = time.Date(2026, 11, 30, 23, 59, 59, 999_999_999, time.FixedZone("", 5*3600+45*60))
	sixty  = strings.Repeat("9", 60)
	third  = new(big.Float).SetPrec(400).SetMode(big.ToZero).Quo(big.NewFloat(1).SetPrec(400), big.NewFloat(3))
	bytes  = [16]byte{0, 1, 2, 253, 254, 255, '"', '\n', 0x80, 9, 10, 11, 12, 13, 14, 15}
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func bigInt(text string) *big.Int {
	v, _ := new(big.Int).SetString(text, 10)
	return v
}

func object() *structpb.Struct {
	return must(structpb.NewStruct(map[string]any{"a": 1.5, "b": []any{"x", nil, true}, "": map[string]any{"c": "é"}}))
}

// keptValues are values of each field of kept: extreme ones, and ones with all that there is to
// set. Fields of pgtype and the like keep what stands in them whether it is valid or not.
var keptValues = map[string][]any{
	"NullString": {sql.NullString{String: "", Valid: true}, sql.NullString{String: "\x00é", Valid: true}, sql.NullString{String: "left", Valid: false}},
	"NullInt64":  {sql.NullInt64{Int64: math.MinInt64, Valid: true}, sql.NullInt64{Valid: true}},
	"NullFloat":  {sql.NullFloat64{Float64: math.SmallestNonzeroFloat64, Valid: true}, sql.NullFloat64{Float64: math.Inf(-1), Valid: true}},
	"NullBool":   {sql.NullBool{Bool: false, Valid: true}, sql.NullBool{Bool: true, Valid: true}},
	"NullByte":   {sql.NullByte{Byte: 255, Valid: true}},
	"NullTime":   {sql.NullTime{Time: moment, Valid: true}, sql.NullTime{Valid: true}},
	"NullOf":     {sql.Null[time.Duration]{V: math.MinInt64, Valid: true}, sql.Null[time.Duration]{Valid: true}},
	"Addr":       {netip.MustParseAddr("fe80::1%eth0"), netip.MustParseAddr("::ffff:192.0.2.1"), netip.MustParseAddr("0.0.0.0")},
	"AddrPort":   {netip.MustParseAddrPort("[fe80::1%eth0]:65535")},
	"Prefix":     {netip.MustParsePrefix("192.0.2.7/0"), netip.MustParsePrefix("2001:db8::/128")},
	"IP":         {net.IPv4(192, 0, 2, 1).To4(), net.ParseIP("2001:db8::1")},
	"IPNet":      {net.IPNet{IP: net.ParseIP("2001:db8::"), Mask: net.CIDRMask(33, 128)}, net.IPNet{IP: net.IPv4(10, 0, 0, 0), Mask: net.IPv4Mask(255, 0, 255, 0)}},
	"MAC":        {net.HardwareAddr{0, 0, 0x5e, 0, 0x53, 1}},
	"TCPAddr":    {&net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 65535, Zone: "eth0"}},
	"BigInt":     {bigInt("-" + sixty), new(big.Int)},
	"BigRat":     {big.NewRat(math.MinInt64, 3), new(big.Rat).SetFrac(bigInt(sixty), big.NewInt(7))},
	"BigFloat":   {third, new(big.Float).SetInf(true), new(big.Float).SetPrec(24).Neg(new(big.Float)), big.NewFloat(math.MaxFloat64)},
	"BigFloats":  {[]big.Float{*third, {}, *big.NewFloat(-0.1)}},
	"FloatOf":    {map[string]*big.Float{"third": third, "nil": nil, "zero": new(big.Float).SetPrec(7)}},
	"URL": {
		must(url.Parse("https://user:p%40ss@example.com:8080/a%2Fb%20c//d?q=%zz&&a=1;b#%C3%A9%2F")), must(url.Parse("mailto:a@example.com")),
		must(url.Parse("?")), &url.URL{Path: "/a b?c#d"}, &url.URL{Scheme: "file", Path: "/x", OmitHost: true},
	},
	"Query":     {url.Values{"a": {"1", "", "é&="}, "": {"x"}}},
	"Header":    {http.Header{"Set-Cookie": {"a=b", "c=d"}, "X": {""}}},
	"MIME":      {textproto.MIMEHeader{"Content-Type": {"text/plain"}}},
	"Cookie":    {http.Cookie{Name: "a", Value: "b\"c", Quoted: true, Path: "/", Domain: "x", Expires: moment, RawExpires: "raw", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode, Partitioned: true, Raw: "raw", Unparsed: []string{"x=y"}}},
	"SameSite":  {http.SameSiteStrictMode},
	"HTML":      {template.HTML("<b>\xff</b>")},
	"Raw":       {json.RawMessage("{ \"a\" : 1.0, \"b\":\"<>\" }\n"), json.RawMessage("null")},
	"Number":    {json.Number("1e400"), json.Number("12345678901234567890.10")},
	"Time":      {moment, time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)},
	"Duration":  {time.Duration(math.MinInt64), time.Duration(math.MaxInt64)},
	"Month":     {time.December},
	"Weekday":   {time.Saturday},
	"Level":     {slog.LevelWarn + 1, slog.Level(-100)},
	"Mode":      {fs.ModeDir | fs.ModeSetuid | 0o777},
	"Mail":      {mail.Address{Name: "Ada, \"Countess\"", Address: "ada@example.com"}},
	"Point":     {image.Pt(math.MinInt, math.MaxInt)},
	"Rectangle": {image.Rect(-1, -2, 3, 4)},
	"Color":     {color.RGBA{1, 2, 3, 255}},
	"RSA":       {&rsa.PublicKey{N: bigInt(sixty), E: 65537}},
	"Ed25519":   {ed25519.PublicKey(bytes[:])},
	"Complex":   {complex(math.Inf(1), math.Copysign(0, -1))},
	"Any":       {"text", 1.5, true, []any{nil, "x", []any{}}, map[string]any{"a": nil}, float64(1 << 53)},
	"Object":    {map[string]any{"count": 3.0, "on": false, "list": []any{1.0, "é\u2028<"}, "": map[string]any{}}},

	"GureguString": {null.StringFrom(""), null.StringFrom("x"), null.NewString("", false)},
	"GureguInt":    {null.IntFrom(0), null.IntFrom(math.MinInt64)},
	"GureguFloat":  {null.FloatFrom(math.Inf(1)), null.FloatFrom(0)},
	"GureguBool":   {null.BoolFrom(false), null.BoolFrom(true)},
	"GureguTime":   {null.TimeFrom(moment), null.TimeFrom(time.Time{})},
	"GureguValue":  {null.ValueFrom(Level(0)), null.ValueFrom(Level(-5))},
	"Decimal":      {decimal.RequireFromString("-" + sixty + ".0100"), decimal.New(1, 1000)},
	"NullDecimal":  {decimal.NewNullDecimal(decimal.Zero), decimal.NewNullDecimal(decimal.RequireFromString("0.10"))},
	"APD":          {must1(apd.NewFromString("-123.4500E+20")), must1(apd.NewFromString("-Infinity")), must1(apd.NewFromString("0.00"))},
	"NullAPD":      {apd.NullDecimal{Decimal: *must1(apd.NewFromString("1.10")), Valid: true}, apd.NullDecimal{Valid: true}},

	"UUID":      {uuid.UUID(bytes), uuid.Max},
	"NullUUID":  {uuid.NullUUID{UUID: bytes, Valid: true}, uuid.NullUUID{Valid: true}},
	"Gofrs":     {gofrs.UUID(bytes)},
	"NullGofrs": {gofrs.NullUUID{UUID: bytes, Valid: true}, gofrs.NullUUID{Valid: true}},
	"ULID":      {ulid.ULID(bytes)},
	"XID":       {xid.ID(bytes[:12])},
	"KSUID":     {ksuid.Max},
	"ObjectID":  {bson.ObjectID(bytes[:12])},
	"Date":      {civil.Date{Year: 2026, Month: 2, Day: 28}},
	"TimeOfDay": {civil.Time{Hour: 23, Minute: 59, Second: 59, Nanosecond: 999_999_999}},
	"DateTime":  {civil.DateTime{Date: civil.Date{Year: 1, Month: 1, Day: 1}, Time: civil.Time{Nanosecond: 1}}},
	"Language":  {language.MustParse("de-u-co-phonebk"), language.Und, language.MustParse("zh-Hant-TW"), language.MustParse("x-private")},
	"Version":   {semver.MustParse("1.2.3-beta.1+build.5")},
	"Option":    {mo.Some(""), mo.Some("x")},

	"PgText":     {pgtype.Text{Valid: true}, pgtype.Text{String: "x", Valid: true}},
	"PgInt":      {pgtype.Int8{Int64: math.MinInt64, Valid: true}},
	"PgNumeric":  {pgtype.Numeric{Int: bigInt(sixty), Exp: -3, Valid: true}, pgtype.Numeric{NaN: true, Valid: true}, pgtype.Numeric{InfinityModifier: pgtype.NegativeInfinity, Valid: true}},
	"PgUUID":     {pgtype.UUID{Bytes: bytes, Valid: true}},
	"PgDate":     {pgtype.Date{Time: moment, Valid: true}, pgtype.Date{InfinityModifier: pgtype.Infinity, Valid: true}},
	"PgTime":     {pgtype.Timestamptz{Time: moment, Valid: true}},
	"PgInterval": {pgtype.Interval{Microseconds: -1, Days: 2, Months: math.MaxInt32, Valid: true}},
	"PgRange": {pgtype.Range[pgtype.Timestamptz]{
		Lower: pgtype.Timestamptz{Time: moment, Valid: true}, LowerType: pgtype.Inclusive, UpperType: pgtype.Unbounded, Valid: true,
	}},

	"Claims": {jwt.RegisteredClaims{
		Issuer: "a", Subject: "b", Audience: jwt.ClaimStrings{"c", "d"}, ExpiresAt: jwt.NewNumericDate(moment),
		NotBefore: &jwt.NumericDate{Time: moment}, IssuedAt: &jwt.NumericDate{}, ID: "e",
	}},
	"User": {goth.User{
		RawData: map[string]any{"id": 12.0, "groups": []any{"a"}, "verified": true, "none": nil}, Provider: "p", Email: "e", Name: "n", FirstName: "f", LastName: "l",
		NickName: "ni", Description: "d", UserID: "u", AvatarURL: "a", Location: "lo", AccessToken: "t", AccessTokenSecret: "s", RefreshToken: "r", ExpiresAt: moment, IDToken: "i",
	}},
	"WebAuthn": {webauthn.SessionData{
		Challenge: "c", RelyingPartyID: "example.com", Origin: "https://example.com", UserID: bytes[:], AllowedCredentialIDs: [][]byte{bytes[:], {1}}, Expires: moment,
		UserVerification: protocol.VerificationRequired, CredParams: []protocol.CredentialParameter{{Type: protocol.PublicKeyCredentialType, Algorithm: -7}},
		Mediation: protocol.MediationConditional, AuthorizeUVInitialization: true,
	}},

	"Struct":     {object(), new(structpb.Struct)},
	"Timestamps": {[]*timestamppb.Timestamp{timestamppb.New(moment), nil, {}}},
	"Wrappers":   {map[string]*wrapperspb.StringValue{"a": wrapperspb.String("é"), "nil": nil, "empty": {}}},
	"Nested":     {Nested{Struct: object(), Value: wrapperspb.Bytes(bytes[:]), Float: third}, Nested{Value: new(wrapperspb.BytesValue)}},
}

func must1[T, C any](v T, _ C, err error) T { return must(v, err) }

// Each value comes back equal in the next request, and reading it changes nothing.
func TestTypesComeBackEqual(t *testing.T) {
	fields := reflect.TypeFor[kept]()
	for i := 1; i < fields.NumField(); i++ {
		name := fields.Field(i).Name
		t.Run(name, func(t *testing.T) {
			if len(keptValues[name]) == 0 {
				t.Fatal("there is no value to try")
			}
			for _, want := range keptValues[name] {
				b := newBrowser(t, keptSite)
				b.visit(func(_ http.ResponseWriter, r *http.Request) { call(KeptFrom(r.Context()), "Set"+name, want) })
				if b.failure != nil {
					t.Errorf("%v: %v", want, b.failure)
					continue
				}
				for range 2 {
					b.visit(func(_ http.ResponseWriter, r *http.Request) {
						if different := difference(want, call(KeptFrom(r.Context()), name)); different != "" {
							t.Errorf("%v comes back as another value:\n%s", want, different)
						}
					})
				}
			}
		})
	}
	if total := fields.NumField() - 1; total < 60 {
		t.Errorf("only %d types are tried", total)
	}
}
