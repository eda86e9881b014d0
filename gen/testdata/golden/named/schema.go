// Command named keeps types that are declared over others.
package main

import "time"

type named struct {
	_ struct{} `session:"type=Everything"`

	Flag    Flag     `session:"flag"`
	Int     Int      `session:"int,default=-5"`
	Byte    Byte     `session:"byte"`
	Half    Half     `session:"half,default=0.5"`
	Double  Double   `session:"double"`
	Text    Text     `session:"text,default='one, two'"`
	Data    Data     `session:"data"`
	Moment  Moment   `session:"moment,default=2026-03-01T00:00:00Z"`
	Later   Later    `session:"later"`
	Span    Span     `session:"span,default=60000000000"`
	Wait    Wait     `session:"wait,default=1d"`
	Items   Items    `session:"items"`
	Bytes   Bytes    `session:"bytes"`
	Flags   Flags    `session:"flags"`
	Ints    Ints     `session:"ints"`
	Halves  Halves   `session:"halves"`
	Texts   Texts    `session:"texts"`
	Datas   Datas    `session:"datas"`
	Moments Moments  `session:"moments"`
	Spans   Spans    `session:"spans"`
	Table   Table    `session:"table"`
	Stock   Stock    `session:"stock"`
	Switch  Switches `session:"switches"`
	Level   Levels   `session:"levels"`
	Line    Line     `session:"line"`
	Alias   Alias    `session:"alias"`
	List    List     `session:"list"`
}

type (
	// Flag and the following are declared over one type each.
	Flag   bool
	Int    int64
	Byte   uint8
	Half   float32
	Double float64
	Text   string
	Data   []byte
	Moment time.Time
	Later  Moment
	Span   time.Duration
	Wait   = time.Duration

	Items   []Item
	Bytes   []Byte
	Flags   []Flag
	Ints    []Int
	Halves  []Half
	Texts   []Text
	Datas   []Data
	Moments []Moment
	Spans   []Span

	Table    map[Text]Int
	Stock    map[Int]Item
	Switches map[Flag]Half
	Levels   map[Byte]Moment

	Line  Item
	Alias = Item
	List  = []Alias
)

// Item has a field of each.
type Item struct {
	Flag    Flag
	Int     Int
	Byte    Byte
	Half    Half
	Text    Text
	Data    Data
	Moment  Moment
	Span    Span
	Texts   Texts
	Table   Table
	Level   Levels
	Moments Moments
}
