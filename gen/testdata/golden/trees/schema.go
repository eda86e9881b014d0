// Command trees keeps values that may contain values of their own type.
package main

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

type forest struct {
	_ struct{} `session:"idle=1h"`

	Root   *Node            `session:"root"`
	Nodes  []Node           `session:"nodes"`
	ByName map[string]*Node `session:"by_name"`
	Chain  *Chain           `session:"chain"`
	Dated  *Dated           `session:"dated"`
	Sum    Tree[int]        `session:"sum"`
	Grove  Grove            `session:"grove"`
	Kept   Letter           `session:"kept"`
	Count  int              `session:"count"`
}

// Node has other nodes in every way there is.
type Node struct {
	Name     string
	Left     *Node
	Children []*Node
	Inline   []Node
	Named    map[string]*Node
	Grouped  map[string][]Node
	Pair     [2]*Node
	Rows     [][]Node
	More     *[]*Node
}

// Chain is a list as deep as it is long.
type Chain struct {
	Number int
	Next   *Chain
}

// Dated has a message in it that is none of its own type.
type Dated struct {
	Next *Dated
	At   map[string]time.Time
}

// Tree is a tree of anything.
type Tree[T any] struct {
	Value T
	Trees []Tree[T]
}

// Grove is no tree, but has some.
type Grove struct {
	Plot  Plot
	Trees [2]Tree[string]
	First *Even
}

// Plot is around trees, one of which has a grove.
type Plot struct{ Tree *Chain }

// Even and Odd contain each other.
type Even struct {
	Number int
	Odd    *Odd
}

// Odd is between Evens.
type Odd struct{ Even map[int]*Even }

// Letter keeps what it does not know.
type Letter struct {
	Text     string
	Inner    Attachment
	Others   []Attachment
	Optional *Attachment

	unknown runtime.Unknown
}

// Attachment does, too.
type Attachment struct {
	Name    string
	Unknown runtime.Unknown
}
