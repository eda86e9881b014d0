package keyring

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// minSecretLength is in bytes: as many as the derived keys have.
const minSecretLength = 32

// Keys is a ring of secrets for signed and encrypted cookies. The primary secret
// protects new cookies; those that are decode-only open old ones as well, and those
// of replicas that are a step ahead. For each cookie name and
// protection, keys of their own are derived (HKDF with SHA-256, RFC 5869), so that one
// cookie's value is worth nothing under another's name. Keys cannot be printed.
// Encrypted cookies go through [Cipher], signed ones through securecookie's HMAC.
//
// To replace a secret while several replicas run, without a cookie that one of them
// refuses: add the new one as decode-only everywhere; then make it the primary one, and the
// old one decode-only; and when the longest Max-Age has passed, retire the old one.
type Keys struct {
	// ring returns the secrets, the primary one first, no retired ones. It is a function
	// since fmt prints what is not exported, wherever a Keys is, without asking Format.
	ring func() [][]byte
}

// secrets are those of the ring, none of the zero Keys.
func (k *Keys) secrets() [][]byte {
	if k.ring == nil {
		return nil
	}
	return k.ring()
}

// Stage is what a secret is still used for.
type Stage uint8

// The stages of a secret's life.
const (
	StageDecodeOnly Stage = iota // opens cookies
	StagePrimary                 // opens and makes cookies
	StageRetired                 // does neither, and is refused if it comes again
)

var stageNames = [...]string{StageDecodeOnly: "decode-only", StagePrimary: "primary", StageRetired: "retired"}

// String is the stage as secrets in files and variables are marked: decode-only.
func (s Stage) String() string {
	if int(s) < len(stageNames) {
		return stageNames[s]
	}
	return "unknown"
}

// StagedSecret is a secret of a ring, of at least 32 random bytes.
type StagedSecret struct {
	Bytes []byte
	Stage Stage
}

// Format keeps the secret out of logs and error messages.
func (s StagedSecret) Format(state fmt.State, _ rune) { fmt.Fprint(state, "[secret, ", s.Stage, "]") }

// MarshalText keeps the secret out of JSON.
func (s StagedSecret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// NewKeys makes a ring of secrets, each of at least 32 random bytes. The first one is
// primary, the others are decode-only: NewKeys(newest, older).
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

// NewKeyRing makes a ring of secrets in whatever order, exactly one of which is primary.
// It refuses secrets that are short, that repeat each other, and that are plainly not random:
// words, rows of the keyboard, examples.
func NewKeyRing(secrets ...StagedSecret) (*Keys, error) {
	if len(secrets) == 0 {
		return nil, errors.New("sessiongen: keys need a secret: 32 bytes of crypto/rand, kept where they outlive the program")
	}
	var ring [][]byte
	primaries := 0
	for i, secret := range secrets {
		if err := checkSecret(secret.Bytes); err != nil {
			return nil, fmt.Errorf("sessiongen: secret %d %w", i+1, err)
		}
		for _, earlier := range secrets[:i] {
			if bytes.Equal(earlier.Bytes, secret.Bytes) {
				return nil, fmt.Errorf("sessiongen: secret %d is given twice", i+1)
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
			return nil, fmt.Errorf("sessiongen: secret %d is at the stage %d, which is none", i+1, secret.Stage)
		}
	}
	if primaries != 1 {
		return nil, fmt.Errorf("sessiongen: %d secrets are primary: one has to be, to make new cookies with", primaries)
	}
	return &Keys{func() [][]byte { return ring }}, nil
}

// leastDistinct is how many different bytes a secret has at least: 32 random ones
// have less with a probability below 2⁻⁵⁰.
const leastDistinct = 12

// giveaways are parts of texts that people type, or copy from where everybody reads
// them. In a random secret that was left in base64, one of them stands by chance once in
// a million.
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

// isRow says whether more than half of the bytes are next to the one before them, as
// in 0, 1, 2 or aabbcc. Of 32 random bytes, or 64 random hexadecimal digits, so many
// are with a probability below 2⁻²⁰.
func isRow(secret []byte) bool {
	near := 0
	for i := 1; i < len(secret); i++ {
		if step := int(secret[i]) - int(secret[i-1]); -1 <= step && step <= 1 {
			near++
		}
	}
	return near > len(secret)/2
}

// checkText looks for words. Bytes between them that are no letters, such as the end
// of a line, do not make them random.
func checkText(secret string) error {
	text := strings.ToLower(secret)
	for _, part := range giveaways {
		if strings.Contains(text, part) {
			return errors.New("is text that somebody has written: use random bytes, as `openssl rand -base64 32` prints them")
		}
	}
	return nil
}

// KeysFromFile reads secrets from a file, one per line in base64 or base64url; lines that
// begin with # are passed over. A line may begin with a stage, as in "decode-only …"; where
// none does, the first secret is primary and the others are decode-only. If there is no such file, it
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
	_, err = fmt.Fprintf(draft, "# Secrets of sessiongen, the primary one first. Whoever reads them can forge cookies.\n%s\n", randomSecret())
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// randomSecret is a random secret as files have them. One of a million has a word in it by
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

// KeysFromEnv reads secrets from an environment variable, separated by commas or line
// breaks, each like a line of [KeysFromFile].
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

// urlAlphabet makes base64url of base64, which openssl prints.
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
				return nil, fmt.Errorf("sessiongen: %s: secret %d begins with what is no stage: want primary, decode-only or retired", from, len(secrets)+1)
			}
			secret.Stage, line = Stage(stage), strings.TrimSpace(rest)
			staged++
		}
		// What decodes to bytes may have been typed as words.
		err := checkText(line)
		if err != nil {
			return nil, fmt.Errorf("sessiongen: %s: secret %d %w", from, len(secrets)+1, err)
		}
		if secret.Bytes, err = base64.RawURLEncoding.DecodeString(urlAlphabet.Replace(strings.TrimRight(line, "="))); err != nil {
			return nil, fmt.Errorf("sessiongen: %s: secret %d is not base64", from, len(secrets)+1)
		}
		secrets = append(secrets, secret)
	}
	if staged == 0 && len(secrets) > 0 {
		secrets[0].Stage = StagePrimary
	}
	keys, err := NewKeyRing(secrets...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return keys, nil
}

// Format keeps the secrets out of logs and error messages.
func (Keys) Format(state fmt.State, _ rune) { fmt.Fprint(state, "[keys]") }

// MarshalText keeps the secrets out of JSON.
func (Keys) MarshalText() ([]byte, error) { return []byte("[keys]"), nil }
