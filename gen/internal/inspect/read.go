package inspect

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
)

var (
	errNothing = errors.New("standard input is empty: the session does not exist or has expired")
	errEnded   = errors.New("it marks a session that has ended")
)

// Read takes a record as tools print it: the bytes themselves, the text in quotes
// that redis-cli makes of them, or hexadecimal digits with or without 0x, \x or X'…'. What
// redisstore and scsstore keep before a record is left out.
func Read(input []byte) ([]byte, error) {
	text := strings.TrimSpace(string(input))
	value := input
	if text == "" {
		value = nil
	} else if unquoted, err := strconv.Unquote(text); err == nil && text[0] == '"' {
		value = []byte(unquoted)
	} else if digits := hexadecimal(text); len(digits) > 0 {
		value = digits
	}
	record, err := withoutHead(value)
	if err != nil {
		return nil, err
	}
	// Clients end what they print with a new line, which no record ends with.
	if _, err := wireEntries(string(record)); err != nil {
		record = bytes.TrimSuffix(bytes.TrimSuffix(record, []byte("\n")), []byte("\r"))
	}
	return record, nil
}

func hexadecimal(text string) []byte {
	for _, prefix := range []string{`\x`, "0x", "0X", "X'", "x'"} {
		if rest, found := strings.CutPrefix(text, prefix); found {
			text = strings.TrimSuffix(rest, "'")
			break
		}
	}
	digits, err := hex.DecodeString(text)
	if err != nil {
		return nil
	}
	return digits
}

// withoutHead takes away what a store keeps before a record: two deadlines, the revision
// and the terms. It begins with a byte that no record begins with.
func withoutHead(value []byte) ([]byte, error) {
	const term = 32
	if len(value) == 0 {
		return nil, errNothing
	}
	terms, head := 0, 0
	switch kind := value[0]; {
	case kind == 'S' && len(value) >= 27: // redisstore
		terms, head = int(binary.BigEndian.Uint16(value[25:])), 27
	case kind == 1 && len(value) >= 29: // scsstore
		terms, head = int(binary.BigEndian.Uint32(value[25:])), 29
	case kind == 'T', kind == 2: // the same two
		return nil, errEnded
	default:
		return value, nil
	}
	if terms > (len(value)-head)/term {
		return nil, errCutOff
	}
	return value[head+terms*term:], nil
}
