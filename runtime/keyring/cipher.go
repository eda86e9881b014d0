package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
	"unsafe"

	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/internal/scratch"
)

// A sealed value is, in base64url without padding:
//
//	version     1 byte    1 is AES-256-GCM with keys by HKDF-SHA256; there is no other
//	key id      4 bytes   which secret of the ring
//	nonce       12 bytes  random
//	ciphertext            issued, validity (both varints, milliseconds), contents
//	tag         16 bytes
//
// The additional data is the version, the key id, the cookie's name, the
// application and the purpose, so that a value opens only for the use that it was
// sealed for.
const (
	cipherVersion  = 1
	keyIDLength    = 4
	sealedOverhead = 1 + keyIDLength + 12 + 16
)

// ClockTolerance is how far the clocks of two processes that share sealed values
// may be apart: enough for two that are each 5 minutes off. A value from further in
// the future is refused, and no value is accepted later than its deadline and this.
const ClockTolerance = 10 * time.Minute

// ErrRefused says that a sealed value does not open: it was changed, made with other
// keys, for another use, too long ago, or in the future. Which of these it was is
// not told. It is a securecookie.Error whose IsDecode is true.
var ErrRefused error = refusal{}

type refusal struct{}

func (refusal) Error() string {
	return "sessiongen: sealed value was not made with these keys for this use, or is too old"
}
func (refusal) IsUsage() bool    { return false }
func (refusal) IsDecode() bool   { return true }
func (refusal) IsInternal() bool { return false }
func (refusal) Cause() error     { return nil }

// Use is what a value is sealed for. It does not open for any other.
type Use struct {
	Application string // as WithApplication names it
	Purpose     string // what the value is, such as "cookie"
	Cookie      string // the cookie's name
}

// Cipher encrypts and authenticates the values of one cookie: AES-256-GCM, with a
// key of its own that HKDF-SHA256 derives from each secret of a ring. It implements
// the Codec of github.com/gorilla/securecookie, so that both may be in one list. It
// is safe for several goroutines.
//
// Nonces are random and 12 bytes long, so one secret should seal no more than 2³²
// values under one cookie name: put a new one in front of the ring before that.
type Cipher struct {
	use    Use
	keys   []cipherKey // newest first
	maxAge time.Duration
	clock  func() time.Time
}

type cipherKey struct {
	id         [keyIDLength]byte
	aead       cipher.AEAD
	additional []byte
}

// NewCipher makes the cipher for one use. maxAge is how long what Encode makes is
// good for; zero is as long as browsers keep cookies, 400 days.
func NewCipher(keys *Keys, use Use, maxAge time.Duration) (*Cipher, error) {
	if keys == nil || len(keys.secrets()) == 0 {
		return nil, errors.New("sessiongen: NewCipher needs keys: see NewKeys")
	}
	if use.Cookie == "" || use.Purpose == "" {
		return nil, errors.New("sessiongen: NewCipher needs a purpose and a cookie's name")
	}
	if maxAge <= 0 || maxAge > cookie.MaxAge {
		maxAge = cookie.MaxAge
	}
	c := &Cipher{use: use, maxAge: maxAge, clock: time.Now}
	for _, secret := range keys.secrets() {
		key, err := newCipherKey(secret, use)
		if err != nil {
			return nil, fmt.Errorf("sessiongen: deriving keys: %w", err)
		}
		c.keys = append(c.keys, key)
	}
	return c, nil
}

func newCipherKey(secret []byte, use Use) (key cipherKey, err error) {
	derived, err := hkdf.Key(sha256.New, secret, nil, string(Label("sessiongen seal 1", use.Purpose, use.Cookie)), 32)
	if err != nil {
		return key, err
	}
	id, err := hkdf.Key(sha256.New, secret, nil, string(Label("sessiongen key id")), keyIDLength)
	if err != nil {
		return key, err
	}
	key.id = [keyIDLength]byte(id)
	block, err := aes.NewCipher(derived)
	if err != nil {
		return key, err
	}
	key.additional = append([]byte{cipherVersion}, id...)
	key.additional = append(key.additional, Label(use.Cookie, use.Application, use.Purpose)...)
	// It draws each nonce itself: there is none that a caller could use twice.
	key.aead, err = cipher.NewGCMWithRandomNonce(block)
	return key, err
}

// Label joins texts so that no two lists of them give the same bytes.
func Label(texts ...string) (joined []byte) {
	for _, text := range texts {
		joined = append(binary.AppendUvarint(joined, uint64(len(text))), text...)
	}
	return joined
}

// Seal returns what Open makes contents of again, with the times, to the
// millisecond. A moment before 1970 counts as 1970, and expires before issued as
// issued.
func (c *Cipher) Seal(issued, expires time.Time, contents []byte) string {
	return c.seal(issued, expires, nil, contents)
}

// seal takes the contents in two parts, to spare callers a copy.
func (c *Cipher) seal(issued, expires time.Time, head, contents []byte) string {
	plainBuffer, sealedBuffer := scratch.Pool.Get().(*[]byte), scratch.Pool.Get().(*[]byte)
	defer scratch.Pool.Put(plainBuffer)
	defer scratch.Pool.Put(sealedBuffer)
	from := max(0, issued.UnixMilli())
	plain := binary.AppendUvarint((*plainBuffer)[:0], uint64(from))
	plain = binary.AppendUvarint(plain, uint64(max(0, expires.UnixMilli()-from)))
	plain = append(append(plain, head...), contents...)
	*plainBuffer = plain

	key := &c.keys[0]
	sealed := append(append((*sealedBuffer)[:0], cipherVersion), key.id[:]...)
	sealed = key.aead.Seal(sealed, nil, plain, key.additional)
	*sealedBuffer = sealed
	text := make([]byte, base64.RawURLEncoding.EncodedLen(len(sealed)))
	base64.RawURLEncoding.Encode(text, sealed)
	return unsafe.String(unsafe.SliceData(text), len(text))
}

var strictBase64 = base64.RawURLEncoding.Strict()

// Open returns what Seal was given. It checks everything but the times: whether a
// value has expired, or is from the future, is for the caller to say. The only
// error is [ErrRefused]; a value of an unknown version or key costs no cryptography.
// contents belong to the caller.
func (c *Cipher) Open(value string) (issued, expires time.Time, contents []byte, err error) {
	if len(value) > cookie.MaxSize {
		return issued, expires, nil, ErrRefused
	}
	buffer := scratch.Pool.Get().(*[]byte)
	defer scratch.Pool.Put(buffer)
	sealed, err := strictBase64.AppendDecode((*buffer)[:0], unsafe.Slice(unsafe.StringData(value), len(value)))
	*buffer = sealed
	// The decoder passes over line breaks, which would be another spelling.
	if err != nil || base64.RawURLEncoding.EncodedLen(len(sealed)) != len(value) ||
		len(sealed) < sealedOverhead || sealed[0] != cipherVersion {
		return issued, expires, nil, ErrRefused
	}
	for i := range c.keys {
		key := &c.keys[i]
		if key.id != [keyIDLength]byte(sealed[1:]) {
			continue
		}
		plain, err := key.aead.Open(nil, nil, sealed[1+keyIDLength:], key.additional)
		if err != nil {
			continue // another secret may have the same id
		}
		from, rest, ok := CutVarint(plain)
		validity, rest, also := CutVarint(rest)
		if !ok || !also {
			return issued, expires, nil, ErrRefused
		}
		return time.UnixMilli(int64(from)), time.UnixMilli(int64(from + validity)), rest, nil
	}
	return issued, expires, nil, ErrRefused
}

// CutVarint refuses what is no number of milliseconds, so that the sum of two is one.
func CutVarint(b []byte) (value uint64, rest []byte, ok bool) {
	value, n := binary.Uvarint(b)
	if n <= 0 || value > math.MaxInt64/2 {
		return 0, nil, false
	}
	return value, b[n:], true
}

// Encode is securecookie's Codec: it seals a []byte or a string, which may be
// empty, for the cipher's maximal age. name must be the cookie's.
func (c *Cipher) Encode(name string, value any) (string, error) {
	if name != c.use.Cookie {
		return "", fmt.Errorf("sessiongen: this cipher is for the cookie %s, not for %s", c.use.Cookie, name)
	}
	var contents []byte
	switch value := value.(type) {
	case []byte:
		contents = value
	case string:
		contents = unsafe.Slice(unsafe.StringData(value), len(value))
	default:
		return "", fmt.Errorf("sessiongen: a cipher encodes a []byte or a string, not %T", value)
	}
	now := c.clock()
	return c.Seal(now, now.Add(c.maxAge), contents), nil
}

// Decode is securecookie's Codec: it opens a value into a *[]byte or *string. The
// error is [ErrRefused], for a value that has expired too, or that is older than the
// cipher's maximal age, or that comes from further in the future than
// [ClockTolerance].
func (c *Cipher) Decode(name, value string, dst any) error {
	if name != c.use.Cookie {
		return ErrRefused
	}
	issued, expires, contents, err := c.Open(value)
	if err != nil {
		return err
	}
	now := c.clock()
	if issued.After(now.Add(ClockTolerance)) || !now.Before(expires) || !now.Before(issued.Add(c.maxAge)) {
		return ErrRefused
	}
	switch dst := dst.(type) {
	case *[]byte:
		*dst = contents
	case *string:
		*dst = string(contents)
	default:
		return fmt.Errorf("sessiongen: a cipher decodes into a *[]byte or a *string, not %T", dst)
	}
	return nil
}
