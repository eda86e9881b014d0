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

// ClockTolerance is the difference between the clocks of two processes that share sealed values
// up to which they work together: each may be 5 minutes off. A value from further in the future
// is refused, and no value is accepted later than ClockTolerance after its deadline.
const ClockTolerance = 10 * time.Minute

// ErrRefused is the error for a sealed value that does not open: it was changed, or made with
// other keys, for another use, too long ago or in the future. The error does not tell which.
// It is a securecookie.Error whose IsDecode is true.
var ErrRefused error = refusal{}

type refusal struct{}

func (refusal) Error() string {
	return "sessiongen: sealed value was not made with these keys for this use, or is too old"
}
func (refusal) IsUsage() bool    { return false }
func (refusal) IsDecode() bool   { return true }
func (refusal) IsInternal() bool { return false }
func (refusal) Cause() error     { return nil }

// Use is what a value is sealed for. The value does not open for any other use.
type Use struct {
	Application string // as WithApplication names it
	Purpose     string // the kind of value, such as "cookie"
	Cookie      string // the cookie's name
}

// Cipher encrypts and authenticates the values of one cookie with AES-256-GCM. HKDF-SHA256 (RFC
// 5869) derives its keys from the secrets of a ring. It implements the Codec of
// github.com/gorilla/securecookie, so that both may be in one list. It is safe for concurrent
// use.
//
// Nonces are random and 12 bytes long, so that one secret should seal no more than 2³² values
// under one cookie name (NIST SP 800-38D section 8.3). Make another secret primary before that.
type Cipher struct {
	use    Use
	keys   []cipherKey // the primary one first
	maxAge time.Duration
	clock  func() time.Time
}

type cipherKey struct {
	id         [keyIDLength]byte
	aead       cipher.AEAD
	additional []byte
}

// NewCipher returns the cipher for one use. maxAge is the time for which values of
// [Cipher.Encode] are valid. It is at most [cookie.MaxAge], which is also the meaning of zero or
// less. Keys without a secret, and a use without a purpose or cookie, are errors.
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
	// The AEAD draws the nonces itself, so that none can be used twice by mistake.
	key.aead, err = cipher.NewGCMWithRandomNonce(block)
	return key, err
}

// Label joins texts, each after its length, so that two different lists never give the same
// bytes.
func Label(texts ...string) (joined []byte) {
	for _, text := range texts {
		joined = append(binary.AppendUvarint(joined, uint64(len(text))), text...)
	}
	return joined
}

// Seal encrypts contents and the two times, to the millisecond, into the characters of a
// cookie's value. A time before 1970 counts as 1970, and an expires before issued as issued.
// Seal keeps no reference to contents.
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

// Open returns what Seal was given. It does not check the times: the caller decides whether a
// value has expired or is from the future. The only error is [ErrRefused]. A value of an
// unknown version or key is refused without cryptography. contents belong to the caller.
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

// LacksKey reports whether a value names a secret that is not in the ring, as what a replica with
// other secrets has made does. The name is not authenticated: a forgery may name any secret. A
// value of another version names none.
func (c *Cipher) LacksKey(value string) bool {
	var head [6]byte // 8 characters, of which the version and the key id take 7
	if len(value) < base64.RawURLEncoding.EncodedLen(sealedOverhead) || len(value) > cookie.MaxSize {
		return false
	}
	if _, err := base64.RawURLEncoding.Decode(head[:], []byte(value[:8])); err != nil || head[0] != cipherVersion {
		return false
	}
	for i := range c.keys {
		if c.keys[i].id == [keyIDLength]byte(head[1:]) {
			return false
		}
	}
	return true
}

// CutVarint reads a number of milliseconds from the front of b, and returns the rest. ok is
// false if there is none, or if it is so large that the sum of two overflows an int64.
func CutVarint(b []byte) (value uint64, rest []byte, ok bool) {
	value, n := binary.Uvarint(b)
	if n <= 0 || value > math.MaxInt64/2 {
		return 0, nil, false
	}
	return value, b[n:], true
}

// Encode seals a []byte or a string, which may be empty, for the cipher's maximal age from now
// on. Another type, and a name that is not the cookie's, are errors. It is a method of
// securecookie's Codec.
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

// Decode opens a value into dst, a *[]byte or a *string. Another type of dst is an error. The
// error is [ErrRefused] for a value that does not open, that has expired, that is older than
// the cipher's maximal age, or that is further in the future than [ClockTolerance]. It is a
// method of securecookie's Codec.
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
