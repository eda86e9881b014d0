// Command kinds keeps a value of every kind, at the top, in slices, in maps and
// in structs, and reads it back in another request.
package main

import "time"

// all remembers something of everything.
type all struct {
	_ struct{} `session:"idle=90m,lifetime=1w"`

	Flag     bool          `session:"flag"`
	Int      int           `session:"int"`
	Int8     int8          `session:"int8"`
	Int16    int16         `session:"int16"`
	Int32    int32         `session:"int32"`
	Int64    int64         `session:"int64"`
	Uint     uint          `session:"uint"`
	Uint8    uint8         `session:"uint8"`
	Uint16   uint16        `session:"uint16"`
	Uint32   uint32        `session:"uint32"`
	Uint64   uint64        `session:"uint64"`
	Rune     rune          `session:"rune"`
	Float32  float32       `session:"float32"`
	Float64  float64       `session:"float64"`
	Text     string        `session:"text"`
	Data     []byte        `session:"data"`
	Moment   time.Time     `session:"moment"`
	Span     time.Duration `session:"span"`
	Parcel   Parcel        `session:"parcel"`
	Envelope Envelope      `session:"envelope"`

	Flags     []bool          `session:"flags"`
	Ints      []int           `session:"ints"`
	Uint16s   []uint16        `session:"uint16s"`
	Float32s  []float32       `session:"float32s"`
	Float64s  []float64       `session:"float64s"`
	Texts     []string        `session:"texts"`
	Blobs     [][]byte        `session:"blobs"`
	Moments   []time.Time     `session:"moments"`
	Spans     []time.Duration `session:"spans"`
	Parcels   []Parcel        `session:"parcels"`
	Envelopes []Envelope      `session:"envelopes"`

	ByFlag  map[bool]string        `session:"by_flag"`
	ByInt   map[int8]time.Duration `session:"by_int"`
	ByUint  map[uint64]float32     `session:"by_uint"`
	ByText  map[string]bool        `session:"by_text"`
	Blobbed map[string][]byte      `session:"blobbed"`
	Floated map[string]float64     `session:"floated"`
	Timed   map[string]time.Time   `session:"timed"`
	Parcelt map[string]Parcel      `session:"parcelt"`
	Sealed  map[int]Envelope       `session:"sealed"`
	Counted map[string]uint32      `session:"counted"`
	Empty   Nothing                `session:"empty"`
}

// Parcel has a field of each kind that has no parts.
type Parcel struct {
	Flag   bool
	Int    int32
	Uint   uint8
	Half   float32
	Float  float64
	Text   string
	Data   []byte
	Moment time.Time
	Span   time.Duration
	secret string `session:"-"`
}

// Envelope has a field of each kind that has parts.
type Envelope struct {
	Inner   Parcel  `json:"in"`
	Scores  []int64 `json:"scores,omitempty"`
	Flags   []bool  `session:"marks"`
	Names   []string
	Blobs   [][]byte
	Moments []time.Time
	Parcels []Parcel
	Labels  map[string]string
	Packed  map[int]Parcel
	Empty   Nothing
	Ignored func() `session:"-"`
}

// Nothing has no field that is kept.
type Nothing struct{}
