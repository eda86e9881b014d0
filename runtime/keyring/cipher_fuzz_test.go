package keyring

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"testing"
	"time"
)

func FuzzCipherWithoutTheKey(f *testing.F) {
	c := newTestCipher(f, sealUse, time.Hour)
	const known = "AZh-_tkcLrJxWsu2q-znvjg6_rSAXAu4FQuKgkPRz3WheDHWJfpdESaOBR2GYg"
	f.Add(known)
	f.Add("")
	f.Add("AZh-_tkM_Umw_cGNu-43cwUth6_zt2-BuJbUDOtBkz0V1Mx7hmYCPfauZKusGhU")
	f.Fuzz(func(t *testing.T, value string) {
		var text string
		if err := c.Decode("ticket", value, &text); (err == nil) != (value == known) {
			t.Fatalf("%q was accepted as %q", value, text)
		} else if err != nil && err != ErrRefused {
			t.Fatalf("%q: %v", value, err)
		}
	})
}

// What is authentic need not be sane: the key may be known to somebody else.
func FuzzCipherWithTheKey(f *testing.F) {
	c := newTestCipher(f, sealUse, time.Hour)
	f.Add([]byte{})
	f.Add(append(binary.AppendUvarint(nil, uint64(sealTime.UnixMilli())), 0x80, 0xdd, 0xdb, 1, '4', '2'))
	f.Fuzz(func(t *testing.T, plain []byte) {
		sealed := append([]byte{cipherVersion}, c.keys[0].id[:]...)
		sealed = c.keys[0].aead.Seal(sealed, nil, plain, c.keys[0].additional)
		value := base64.RawURLEncoding.EncodeToString(sealed)
		issued, expires, contents, err := c.Open(value)
		if err != nil {
			if err != ErrRefused {
				t.Fatal(err)
			}
			return
		}
		if len(contents) > len(plain) || expires.Before(issued) || issued.UnixMilli() < 0 {
			t.Fatalf("%v, %v, %d of %d bytes", issued, expires, len(contents), len(plain))
		}
		again, _, _, err := c.Open(c.Seal(issued, expires, contents))
		if err != nil || !again.Equal(issued) {
			t.Fatalf("sealed again: %v, %v", again, err)
		}
	})
}

func FuzzCipherBitFlips(f *testing.F) {
	c := newTestCipher(f, sealUse, time.Hour)
	f.Add([]byte("contents"), uint16(0), uint8(1))
	f.Fuzz(func(t *testing.T, contents []byte, place uint16, mask uint8) {
		if len(contents) > 2000 {
			return
		}
		value := c.Seal(sealTime, sealTime.Add(time.Hour), contents)
		sealed, _ := base64.RawURLEncoding.DecodeString(value)
		sealed[int(place)%len(sealed)] ^= mask
		_, _, got, err := c.Open(base64.RawURLEncoding.EncodeToString(sealed))
		if (err == nil) != (mask == 0) || mask == 0 && !bytes.Equal(got, contents) {
			t.Fatalf("mask %x: %v", mask, err)
		}
	})
}

func FuzzCipherUses(f *testing.F) {
	f.Add("shop", "cookie", "a", "shop", "cookie", "b")
	f.Add("sh", "opcookie", "a", "shop", "cookie", "a")
	f.Fuzz(func(t *testing.T, application, purpose, cookie, application2, purpose2, cookie2 string) {
		one, err := NewCipher(sealKeys(t, sealSecret), Use{application, purpose, cookie}, 0)
		if err != nil {
			return
		}
		other, err := NewCipher(sealKeys(t, sealSecret), Use{application2, purpose2, cookie2}, 0)
		if err != nil {
			return
		}
		_, _, _, err = other.Open(one.Seal(sealTime, sealTime, []byte("x")))
		if same := one.use == other.use; (err == nil) != same {
			t.Fatalf("%v and %v: %v", one.use, other.use, err)
		}
	})
}
