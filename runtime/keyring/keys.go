package keyring

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// minSecretLength is the least number of bytes in a secret: as many as a derived key has.
const minSecretLength = 32

// Keys is a ring of secrets for signed and encrypted cookies. The primary secret protects new
// cookies. The decode-only ones open old cookies, and those of replicas that are a step ahead.
// Each cookie name and protection has keys of its own, derived with HKDF-SHA256 (RFC 5869), so
// that the value of one cookie does not open under another name. [Cipher] encrypts cookies, and
// the HMAC of securecookie signs them. Keys cannot be printed, and are safe for concurrent use.
//
// To replace a secret while several replicas run, so that none refuses a cookie of another:
//
//  1. Add the new secret to all replicas as decode-only.
//  2. Make the new secret primary, and the old one decode-only.
//  3. When the longest Max-Age has passed, retire the old secret.
type Keys struct {
	// ring returns the secrets without the retired ones, the primary one first. It is a
	// function because fmt prints an unexported field of a Keys without calling Format.
	ring func() [][]byte
}

// secrets returns those of the ring, and none for the zero Keys.
func (k *Keys) secrets() [][]byte {
	if k.ring == nil {
		return nil
	}
	return k.ring()
}

// Stage is the stage of a secret's life.
type Stage uint8

// The stages are in no order. [Keys] has the order in which a secret goes through them.
const (
	StageDecodeOnly Stage = iota // opens cookies
	StagePrimary                 // opens and makes cookies
	StageRetired                 // does neither; kept in the ring so that it is not used again
)

var stageNames = [...]string{StageDecodeOnly: "decode-only", StagePrimary: "primary", StageRetired: "retired"}

// String returns the word that marks the stage in files and variables, such as decode-only.
func (s Stage) String() string {
	if int(s) < len(stageNames) {
		return stageNames[s]
	}
	return "unknown"
}

// StagedSecret is a secret of a ring, with its stage. It cannot be printed.
type StagedSecret struct {
	Bytes []byte // at least 32 random ones
	Stage Stage
}

// Format keeps the secret out of logs and error messages.
func (s StagedSecret) Format(state fmt.State, _ rune) { fmt.Fprint(state, "[secret, ", s.Stage, "]") }

// MarshalText keeps the secret out of JSON.
func (s StagedSecret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// NewKeys returns a ring of secrets, each of at least 32 random bytes. The first one is
// primary, and the others are decode-only: NewKeys(newest, older). Its errors are those of
// [NewKeyRing].
func NewKeys(secrets ...[]byte) (*Keys, error) {
	ring := make([]StagedSecret, len(secrets))
	for i, secret := range secrets {
		ring[i] = StagedSecret{Bytes: secret, Stage: StageDecodeOnly}
		if i == 0 {
			ring[i].Stage = StagePrimary
		}
	}
	return NewKeyRing(ring...)
}

// NewKeyRing returns a ring of secrets in any order. It keeps copies of them. No secrets, no
// primary one or two of them, a secret that is given twice, and one that is too short or
// plainly not random, such as words or an example, are errors. No error contains a secret.
func NewKeyRing(secrets ...StagedSecret) (*Keys, error) {
	keys, err := newKeyRing(secrets)
	if err != nil {
		return nil, fmt.Errorf("sessiongen: %w", err)
	}
	return keys, nil
}

func newKeyRing(secrets []StagedSecret) (*Keys, error) {
	if len(secrets) == 0 {
		return nil, errors.New("keys need a secret: 32 bytes of crypto/rand, kept where they outlive the program")
	}
	var ring [][]byte
	primaries := 0
	for i, secret := range secrets {
		if err := checkSecret(secret.Bytes); err != nil {
			return nil, fmt.Errorf("secret %d %w", i+1, err)
		}
		for _, earlier := range secrets[:i] {
			if bytes.Equal(earlier.Bytes, secret.Bytes) {
				return nil, fmt.Errorf("secret %d is given twice: leave one out", i+1)
			}
		}
		switch secret.Stage {
		case StagePrimary:
			primaries++
			ring = slices.Insert(ring, 0, bytes.Clone(secret.Bytes))
		case StageDecodeOnly:
			ring = append(ring, bytes.Clone(secret.Bytes))
		case StageRetired:
		default:
			return nil, fmt.Errorf("secret %d has the invalid stage %d: use StageDecodeOnly, StagePrimary or StageRetired", i+1, secret.Stage)
		}
	}
	if primaries != 1 {
		return nil, fmt.Errorf("%d secrets are primary: make exactly one primary, which protects new cookies", primaries)
	}
	return &Keys{func() [][]byte { return ring }}, nil
}

// leastDistinct is the least number of different bytes in a secret. 32 random bytes have fewer
// with a probability below 2⁻⁵⁰.
const leastDistinct = 12

// giveaways are parts of secrets that people type, or copy from public examples. One in a
// million random secrets in base64 contains one of them by chance.
var giveaways = []string{
	"secret", "password", "passphrase", "change", "example", "insecure", "default", "session", "cookie", "auth-key",
	"bytes-long", "bytes long", "random", "123456789", "987654321", "abcdefgh", "qwertz", "qwerty", "lorem",
}

func checkSecret(secret []byte) error {
	if len(secret) < minSecretLength {
		return fmt.Errorf("has %d bytes: use at least %d random ones", len(secret), minSecretLength)
	}
	var seen [256]bool
	distinct := 0
	for _, b := range secret {
		if !seen[b] {
			seen[b] = true
			distinct++
		}
	}
	if distinct < leastDistinct {
		return fmt.Errorf("has only %d different bytes: use random ones", distinct)
	}
	if isRow(secret) {
		return errors.New("is a row of neighbouring bytes: use random ones")
	}
	return checkText(string(secret))
}

// isRow reports whether more than half of the bytes differ by at most 1 from the byte before
// them, as in 0, 1, 2 or aabbcc. In 32 random bytes, or 64 random hexadecimal digits, so many
// do with a probability below 2⁻²⁰.
func isRow(secret []byte) bool {
	near := 0
	for i := 1; i < len(secret); i++ {
		if step := int(secret[i]) - int(secret[i-1]); -1 <= step && step <= 1 {
			near++
		}
	}
	return near > len(secret)/2
}

// checkText looks for words. Bytes around them that are not letters, such as the end of a line,
// do not make a secret random.
func checkText(secret string) error {
	text := strings.ToLower(secret)
	for _, part := range giveaways {
		if strings.Contains(text, part) {
			return errors.New("contains words: use random bytes, as `openssl rand -base64 32` prints them")
		}
	}
	return nil
}

// randomSecret returns a random secret in base64url. One in a million contains a word by
// chance, and would be refused when it is read.
func randomSecret() string {
	for {
		var secret [minSecretLength]byte
		rand.Read(secret[:])
		if text := base64.RawURLEncoding.EncodeToString(secret[:]); checkText(text) == nil && checkSecret(secret[:]) == nil {
			return text
		}
	}
}

// KeysFromEnv reads secrets from an environment variable, separated by commas or line breaks.
// Each is like a line of [KeysFromFile]. A variable that is not set or empty is an error, as
// are the errors of [NewKeyRing].
func KeysFromEnv(name string) (*Keys, error) {
	value, set := os.LookupEnv(name)
	if !set || value == "" {
		return nil, fmt.Errorf("sessiongen: the environment variable %s is not set: give it at least %d random bytes in base64", name, minSecretLength)
	}
	var secrets []string
	for line := range strings.Lines(value) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			secrets = append(secrets, strings.Split(line, ",")...)
		}
	}
	return parseSecrets("$"+name, secrets)
}

// urlAlphabet turns base64, as openssl prints it, into base64url.
var urlAlphabet = strings.NewReplacer("+", "-", "/", "_")

func parseSecrets(from string, lines []string) (*Keys, error) {
	var secrets []StagedSecret
	staged := 0
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		secret := StagedSecret{Stage: StageDecodeOnly}
		if word, rest, found := strings.Cut(line, " "); found {
			stage := slices.Index(stageNames[:], word)
			if stage < 0 {
				return nil, fmt.Errorf("sessiongen: %s: secret %d begins with an invalid stage: want primary, decode-only or retired", from, len(secrets)+1)
			}
			secret.Stage, line = Stage(stage), strings.TrimSpace(rest)
			staged++
		}
		// Words may be valid base64url, and decode to bytes that look random.
		err := checkText(line)
		if err != nil {
			return nil, fmt.Errorf("sessiongen: %s: secret %d %w", from, len(secrets)+1, err)
		}
		if secret.Bytes, err = base64.RawURLEncoding.DecodeString(urlAlphabet.Replace(strings.TrimRight(line, "="))); err != nil {
			return nil, fmt.Errorf("sessiongen: %s: secret %d is not base64: write it as `openssl rand -base64 32` prints it", from, len(secrets)+1)
		}
		secrets = append(secrets, secret)
	}
	if staged == 0 && len(secrets) > 0 {
		secrets[0].Stage = StagePrimary
	}
	keys, err := newKeyRing(secrets)
	if err != nil {
		return nil, fmt.Errorf("sessiongen: %s: %w", from, err)
	}
	return keys, nil
}

// Format keeps the secrets out of logs and error messages.
func (Keys) Format(state fmt.State, _ rune) { fmt.Fprint(state, "[keys]") }

// MarshalText keeps the secrets out of JSON.
func (Keys) MarshalText() ([]byte, error) { return []byte("[keys]"), nil }
