package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/example/web"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// The attacker has a copy of the database: the file with its journal, or all that the server gives away. The tokens
// of those who are signed in are not in it, in no spelling, and neither is what an encrypted cookie holds.
func TestCVE_2019_16782_NoTokenIsInTheBytesOfAStore(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		name, store string
		bytes       func(t *testing.T, store string) string
	}{
		{"SQLite", "sqlite:" + filepath.Join(folder, "sessions.db"), func(t *testing.T, _ string) string { return filesIn(t, folder) }},
		{"Redis", testserver.SharedRedis(t), redisBytes},
	} {
		t.Run(c.name, func(t *testing.T) {
			keys, err := keyring.KeysFromFile(filepath.Join(t.TempDir(), "keys"))
			if err != nil {
				t.Fatal(err)
			}
			var open stores
			defer open.close()
			store, err := open.named(c.store, keys)
			if err != nil {
				t.Fatal(err)
			}
			shop, err := web.New(store, keys)
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(shop)
			defer server.Close()
			v := newVisitor(t)
			var tokens []string
			for range 3 { // each with another secret
				v.signIn(server.URL)
				tokens = append(tokens, v.cookies["__Host-visitor"])
			}
			v.do(server.URL, "/cart/add", url.Values{"sku": {"harbour"}})
			bytes := c.bytes(t, c.store)
			if !strings.Contains(bytes, "john_doe") || !strings.Contains(bytes, "harbour") {
				t.Fatalf("the session is not in the %d bytes that were read", len(bytes))
			}
			for i, token := range tokens {
				decoded, err := base64.RawURLEncoding.DecodeString(token)
				if err != nil || len(decoded) != 48 {
					t.Fatalf("the token is none: %v", err)
				}
				secret := decoded[16:]
				for spelling, text := range map[string]string{
					"as it is": string(secret), "as the cookie has it": token[22:], "in hexadecimal": hex.EncodeToString(secret),
					"in base64": base64.StdEncoding.EncodeToString(secret), "half of it": string(secret[:16]), "the other half": string(secret[16:]),
				} {
					if strings.Contains(strings.ToLower(bytes), strings.ToLower(text)) {
						t.Errorf("the secret of token %d is in the store, %s", i, spelling)
					}
				}
			}
			// What the ID opens with anything else that is there, runtime's own tests try; alone it opens nothing.
			thief := newVisitor(t)
			thief.cookies["__Host-visitor"] = tokens[2][:22] + strings.Repeat("A", 42)
			if page := thief.do(server.URL, "/", nil); strings.Contains(page, "john_doe</span>") {
				t.Error("the ID lets somebody in")
			}
		})
	}
}

func filesIn(t *testing.T, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	return all.String()
}

// redisBytes is every key of a server with all that it holds.
func redisBytes(t *testing.T, store string) string {
	t.Helper()
	options, err := redis.ParseURL(store)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	ctx := context.Background()
	var all strings.Builder
	keys := client.Scan(ctx, 0, "*", 1000).Iterator()
	for keys.Next(ctx) {
		key := keys.Val()
		all.WriteString(key + "\n")
		dump, err := client.Dump(ctx, key).Result()
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(dump + "\n")
		for field, value := range client.HGetAll(ctx, key).Val() { // what a dump may have compressed
			all.WriteString(field + "\n" + value + "\n")
		}
		all.WriteString(client.Get(ctx, key).Val() + "\n")
	}
	if err := keys.Err(); err != nil {
		t.Fatal(err)
	}
	return all.String()
}
