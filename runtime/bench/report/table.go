package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// table is what was measured of a table's jobs.
type table struct {
	rows, columns []string
	cells         map[string]map[string]*cell // by row and column
}

func tabulate(name string, jobs []*job, cells []*cell) *table {
	t := &table{cells: map[string]map[string]*cell{}}
	for i, j := range jobs {
		if j.table != name {
			continue
		}
		if t.cells[j.row] == nil {
			t.rows = append(t.rows, j.row)
			t.cells[j.row] = map[string]*cell{}
		}
		if !slices.Contains(t.columns, j.column) {
			t.columns = append(t.columns, j.column)
		}
		t.cells[j.row][j.column] = cells[i]
	}
	return t
}

// microseconds is a time in microseconds with three digits.
func microseconds(nanoseconds float64) string { return digits(nanoseconds / 1000) }

func digits(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// ratio is how many times as long one takes as the other.
func ratio(one, other float64) string { return digits(one/other) + "×" }

// markdown prints times, allocations and the memory that they take, and below them how many times as long each row
// takes as the first one.
func (t *table) markdown(extra ...string) string {
	var b strings.Builder
	t.head(&b, "µs (allocations, memory)", extra)
	for _, row := range t.rows {
		fmt.Fprintf(&b, "| %s |", row)
		for _, column := range t.columns {
			if c := t.cells[row][column]; c != nil {
				fmt.Fprintf(&b, " %s (%.0f, %.0f B) |", microseconds(c.nanoseconds), c.allocs, c.bytes)
			} else {
				b.WriteString(" |")
			}
		}
		for _, name := range extra {
			fmt.Fprintf(&b, " %s |", t.figure(row, name))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	t.head(&b, "times as long as "+t.rows[0], nil)
	for _, row := range t.rows[1:] {
		fmt.Fprintf(&b, "| %s |", row)
		for _, column := range t.columns {
			if c, ours := t.cells[row][column], t.cells[t.rows[0]][column]; c != nil && ours != nil {
				fmt.Fprintf(&b, " %s |", ratio(c.nanoseconds, ours.nanoseconds))
			} else {
				b.WriteString(" |")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (t *table) head(b *strings.Builder, what string, extra []string) {
	columns := append(slices.Clone(t.columns), extra...)
	fmt.Fprintf(b, "| %s | %s |\n|---|%s\n", what, strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
}

// figure is what some job of a row knows besides its time.
func (t *table) figure(row, name string) string {
	for _, column := range t.columns {
		if c := t.cells[row][column]; c != nil && c.figures[name] > 0 {
			return fmt.Sprintf("%.0f", c.figures[name])
		}
	}
	return "–"
}

// spread is the widest distance between the quartiles of any cell, as a part of its median.
func (t *table) spread() (widest float64) {
	for _, row := range t.cells {
		for _, c := range row {
			widest = max(widest, c.spread)
		}
	}
	return widest
}
