package runtime

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gorilla/securecookie"
)

// minSecretLength is in bytes: as many as the derived keys have.
const minSecretLength = 32

// Keys is a ring of secrets for signed and encrypted cookies. The first secret
// protects new cookies, all of them open old ones. For each cookie name and
// protection, keys of their own are derived (HKDF with SHA-256, RFC 5869), so that one
// cookie's value is worth nothing under another's name. Keys cannot be printed.
// Encrypted cookies go through [Cipher], signed ones through securecookie's HMAC.
type Keys struct{ secrets [][]byte }

// NewKeys makes a ring of secrets, the newest first, each of at least 32 random bytes.
func NewKeys(secrets ...[]byte) (*Keys, error) {
	if len(secrets) == 0 {
		return nil, errors.New("sessiongen: NewKeys needs a secret: 32 bytes of crypto/rand, kept where the sessions outlive the program")
	}
	keys := &Keys{}
	for i, secret := range secrets {
		if len(secret) < minSecretLength {
			return nil, fmt.Errorf("sessiongen: secret %d has %d bytes: use at least %d random ones", i+1, len(secret), minSecretLength)
		}
		if bytes.Count(secret, secret[:1]) == len(secret) {
			return nil, fmt.Errorf("sessiongen: secret %d repeats one byte: use random ones", i+1)
		}
		for _, earlier := range keys.secrets {
			if bytes.Equal(earlier, secret) {
				return nil, fmt.Errorf("sessiongen: secret %d is given twice", i+1)
			}
		}
		keys.secrets = append(keys.secrets, bytes.Clone(secret))
	}
	return keys, nil
}

// KeysFromFile reads secrets from a file, one per line in base64url, the newest
// first; lines that begin with # are passed over. If there is no such file, it
// is created with a new random secret, readable by its owner alone (0600): good for development and for
// a single machine. A file that others may read is refused.
func KeysFromFile(path string) (*Keys, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createSecretFile(path); err != nil {
			return nil, fmt.Errorf("sessiongen: creating a secret: %w", err)
		}
		info, err = os.Stat(path)
	}
	if err != nil {
		return nil, fmt.Errorf("sessiongen: reading secrets: %w", err)
	}
	if permissions := info.Mode().Perm(); os.PathSeparator == '/' && permissions&0o077 != 0 {
		return nil, fmt.Errorf("sessiongen: %s may be used by others (%v): chmod 600 it", path, permissions)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("sessiongen: reading secrets: %w", err)
	}
	return parseSecrets(path, strings.Split(string(content), "\n"))
}

// createSecretFile never replaces a file: of two programs that start at once,
// both use the secret of the first.
func createSecretFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), ".secret-*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	var secret [minSecretLength]byte
	rand.Read(secret[:])
	_, err = fmt.Fprintf(draft, "# Secrets of sessiongen, the newest first. Whoever reads them can forge cookies.\n%s\n",
		base64.RawURLEncoding.EncodeToString(secret[:]))
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// KeysFromEnv reads secrets from an environment variable, in base64url, separated
// by commas, the newest first.
func KeysFromEnv(name string) (*Keys, error) {
	value, set := os.LookupEnv(name)
	if !set || value == "" {
		return nil, fmt.Errorf("sessiongen: the environment variable %s is not set: give it at least %d random bytes in base64url", name, minSecretLength)
	}
	return parseSecrets("$"+name, strings.Split(value, ","))
}

func parseSecrets(from string, lines []string) (*Keys, error) {
	var secrets [][]byte
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		secret, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(line, "="))
		if err != nil {
			return nil, fmt.Errorf("sessiongen: %s: secret %d is not base64url", from, i+1)
		}
		secrets = append(secrets, secret)
	}
	keys, err := NewKeys(secrets...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return keys, nil
}

// Format keeps the secrets out of logs and error messages.
func (k *Keys) Format(state fmt.State, _ rune) { fmt.Fprint(state, "[keys]") }

// MarshalText keeps the secrets out of JSON.
func (k *Keys) MarshalText() ([]byte, error) { return []byte("[keys]"), nil }

// codecs are what opens a cookie; the first one also makes it.
func (m *Manager) codecs(o *CookieOptions) ([]securecookie.Codec, error) {
	if o.Protection == Encrypted {
		c, err := NewCipher(m.keys, Use{Application: m.application, Purpose: "cookie", Cookie: o.Name}, o.MaxAge)
		if err != nil {
			return nil, err
		}
		c.clock = m.clock
		return []securecookie.Codec{c}, nil
	}
	info := "sessiongen cookie signed " + o.Name
	if m.application != "" {
		info += string(label("", m.application)) // no name has a zero byte in it
	}
	var codecs []securecookie.Codec
	for _, secret := range m.keys.secrets {
		derived, err := hkdf.Key(sha256.New, secret, nil, info, 64)
		if err != nil {
			return nil, fmt.Errorf("sessiongen: deriving keys: %w", err)
		}
		codecs = append(codecs, securecookie.New(derived[:32], nil).
			SetSerializer(securecookie.NopEncoder{}).
			MaxAge(int(o.MaxAge.Seconds())))
	}
	return codecs, nil
}
