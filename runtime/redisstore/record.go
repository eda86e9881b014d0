package redisstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Sizes in bytes of what a session's key holds, as lua/record.lua describes it.
const (
	revSize       = len(runtime.Rev{})
	termSize      = len(runtime.Term{})
	headSize      = 1 + 8 + 8 + revSize + 2 // of a record before its terms
	tombstoneSize = 1 + 8 + revSize
)

var errForeign = runtime.Refused(errors.New("redisstore: " + foreign + ": give the store a prefix of its own"))

// body returns the part of a record that follows the deadlines: revision, terms and data.
func body(rec runtime.Record) ([]byte, error) {
	if len(rec.Terms) > math.MaxUint16 {
		return nil, fmt.Errorf("redisstore: %w: it has %d terms: use at most %d values of principal and index fields", runtime.ErrTooLarge, len(rec.Terms), math.MaxUint16)
	}
	b := make([]byte, 0, len(rec.Rev)+2+len(rec.Terms)*termSize+len(rec.Data))
	b = append(b, rec.Rev[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(rec.Terms)))
	for i := range rec.Terms {
		b = append(b, rec.Terms[i][:]...)
	}
	return append(b, rec.Data...), nil
}

// parse reads the value that a session's key held at the time now.
func parse(now int64, value string) (runtime.Record, error) {
	switch {
	case len(value) == tombstoneSize && value[0] == 'T':
		if integer(value[1:]) <= now {
			return runtime.Record{}, runtime.ErrNotFound
		}
		return runtime.Record{}, runtime.ErrGone
	case len(value) < headSize || value[0] != 'S':
		return runtime.Record{}, errForeign
	}
	idle, life := integer(value[1:]), integer(value[9:])
	count, rest := int(value[headSize-2])<<8|int(value[headSize-1]), value[headSize:]
	if len(rest) < count*termSize {
		return runtime.Record{}, errForeign
	}
	if idle <= now {
		return runtime.Record{}, runtime.ErrNotFound
	}
	rec := runtime.Record{Data: rest[count*termSize:], Idle: left(idle, now), Life: left(life, now)}
	copy(rec.Rev[:], value[17:])
	if count > 0 {
		rec.Terms = make([]runtime.Term, count)
		for i := range rec.Terms {
			copy(rec.Terms[i][:], rest[i*termSize:])
		}
	}
	return rec, nil
}

func integer(s string) int64 {
	var b [8]byte
	copy(b[:], s)
	return int64(binary.BigEndian.Uint64(b[:]))
}

// left returns the time from now until till, both in milliseconds, limited to the longest
// duration.
func left(till, now int64) time.Duration {
	const most = math.MaxInt64 / int64(time.Millisecond)
	return time.Duration(min(till-now, most)) * time.Millisecond
}

// milliseconds returns a duration in whole milliseconds. It rounds up, so that no duration
// above zero becomes zero.
func milliseconds(d time.Duration) int64 {
	ms := d.Milliseconds()
	if time.Duration(ms)*time.Millisecond < d {
		ms++
	}
	return ms
}
