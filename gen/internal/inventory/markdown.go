package inventory

import (
	"bytes"
	"strings"
	"unicode"
)

// markdownDoc writes an inventory in GitHub's Markdown, whose tables most programs
// that read Markdown know.
func markdownDoc(i *Inventory) ([]byte, error) {
	p := page(i)
	var out bytes.Buffer
	out.WriteString("<!-- " + p.Comment + " -->\n\n# " + p.Title + "\n")
	for _, s := range p.Sections {
		mark := "## "
		if s.Nested {
			mark = "### "
		}
		out.WriteString("\n" + mark + markdownEscape(s.Title) + "\n")
		for _, text := range s.Text {
			out.WriteString("\n" + markdownLine(markdownText(text)) + "\n")
		}
		markdownTable(&out, s.Table)
	}
	return out.Bytes(), nil
}

func markdownTable(out *bytes.Buffer, t docTable) {
	if len(t.Rows) == 0 {
		return
	}
	heads := t.Heads
	if heads == nil {
		heads = make([]string, len(t.Rows[0]))
	}
	out.WriteString("\n|" + strings.Join(apply(heads, func(head string) string { return " " + head + " |" }), "") + "\n")
	out.WriteString("|" + strings.Repeat(" --- |", len(heads)) + "\n")
	for _, row := range t.Rows {
		out.WriteString("|" + strings.Join(apply(row, func(cell docText) string { return " " + markdownText(cell) + " |" }), "") + "\n")
	}
}

func apply[T any](list []T, f func(T) string) []string {
	result := make([]string, len(list))
	for i, x := range list {
		result[i] = f(x)
	}
	return result
}

func markdownText(text docText) string {
	var out strings.Builder
	for _, piece := range text {
		if piece.Code {
			out.WriteString(markdownCode(piece.Text))
		} else {
			out.WriteString(markdownEscape(piece.Text))
		}
	}
	return out.String()
}

// markdownCode takes text literally. Between backticks nothing can be escaped, so
// what would end them, or the cell of a table, is put between HTML tags.
func markdownCode(text string) string {
	if strings.ContainsAny(text, "`|\\\n\r") {
		return "<code>" + markdownEscape(text) + "</code>"
	}
	return "`" + text + "`"
}

// markdownEscape makes text stand for itself, in a table as well.
func markdownEscape(text string) string {
	var out strings.Builder
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if strings.HasPrefix(text, " ") {
		out.WriteByte(' ')
	}
	for i, r := range runes {
		switch {
		case r == '&':
			out.WriteString("&amp;")
		case r == '<':
			out.WriteString("&lt;")
		case r == '>':
			out.WriteString("&gt;")
		case r == '_' && insideWord(runes, i):
			out.WriteRune(r) // as in user_id, where it means nothing
		case strings.ContainsRune("\\`*_[]|~#$", r):
			out.WriteString("\\" + string(r))
		default:
			out.WriteRune(r)
		}
	}
	if len(runes) > 0 && strings.HasSuffix(text, " ") {
		out.WriteByte(' ')
	}
	return out.String()
}

// insideWord reports whether there are letters or digits on both sides.
func insideWord(runes []rune, i int) bool {
	letter := func(i int) bool {
		return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
	}
	return letter(i-1) && letter(i+1)
}

// markdownLine keeps a paragraph from beginning a list, a heading or a rule.
func markdownLine(line string) string {
	number := len(line) - len(strings.TrimLeft(line, "0123456789"))
	switch {
	case line != "" && strings.ContainsRune("-+=", rune(line[0])):
		return "\\" + line
	case number > 0 && number < len(line) && strings.ContainsRune(".)", rune(line[number])):
		return line[:number] + "\\" + line[number:]
	}
	return line
}
