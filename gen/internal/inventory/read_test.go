package inventory

import (
	"bytes"
	"encoding/xml"
	"html"
	"io"
	"slices"
	"strings"
	"testing"
)

// readMarkdown gives the titles, paragraphs and cells of a document, as what is
// left of them when it is shown. Every row of a table has to have as many cells as
// the first.
func readMarkdown(t *testing.T, text string) []string {
	t.Helper()
	var texts []string
	columns := 0
	for i, line := range strings.Split(text, "\n") {
		switch {
		case i == 0 || line == "" || strings.HasPrefix(line, "# "):
			columns = 0
		case strings.HasPrefix(line, "#"):
			texts = append(texts, showMarkdown(t, strings.TrimLeft(line, "# ")))
		case strings.HasPrefix(line, "|"):
			cells := splitRow(line)
			if columns > 0 && len(cells) != columns {
				t.Errorf("a row has %d cells, and the first has %d: %s", len(cells), columns, line)
			}
			first := columns == 0
			columns = len(cells)
			if strings.HasPrefix(line, "| --- |") || first && strings.Trim(line, "| ") == "" {
				continue
			}
			for _, cell := range cells {
				texts = append(texts, showMarkdown(t, strings.TrimSpace(cell)))
			}
		default:
			if strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "1. ") {
				t.Errorf("a paragraph has become a list: %s", line)
			}
			texts = append(texts, showMarkdown(t, line))
		}
	}
	return texts
}

// splitRow cuts a row at the pipes that are not escaped, which is done before
// anything else is read.
func splitRow(line string) []string {
	var cells []string
	start := 1
	for i := 1; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '|':
			cells = append(cells, line[start:i])
			start = i + 1
		}
	}
	return cells
}

// showMarkdown is what is left of inline Markdown. What would be mark-up, the tag
// code apart, is reported.
func showMarkdown(t *testing.T, text string) string {
	t.Helper()
	var out strings.Builder
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case rest[0] == '\\' && len(rest) > 1 && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", rest[1]) >= 0:
			out.WriteByte(rest[1])
			i += 2
		case rest[0] == '`':
			end := strings.IndexByte(rest[1:], '`')
			if end < 0 {
				t.Fatalf("a backtick is alone: %s", text)
			}
			out.WriteString(rest[1 : end+1])
			i += end + 2
		case strings.HasPrefix(rest, "<code>"):
			i += len("<code>")
		case strings.HasPrefix(rest, "</code>"):
			i += len("</code>")
		case rest[0] == '&':
			end := strings.IndexByte(rest, ';') + 1
			out.WriteString(html.UnescapeString(rest[:end]))
			i += end
		case strings.IndexByte("<>*[]~", rest[0]) >= 0, rest[0] == '_' && (i == 0 || text[i-1] == ' ' || len(rest) == 1 || rest[1] == ' '):
			t.Errorf("%q is mark-up here: %s", rest[0], text)
			i++
		default:
			out.WriteByte(rest[0])
			i++
		}
	}
	return out.String()
}

// readHTML gives the texts of titles, paragraphs and cells. The page is written so
// that a strict reader of XML can read it, which reports what is not closed.
func readHTML(t *testing.T, page []byte) []string {
	t.Helper()
	allowed := strings.Fields("html head meta title style body main h1 h2 h3 p div table thead tbody tr th td code")
	decoder := xml.NewDecoder(bytes.NewReader(page))
	var texts []string
	var text strings.Builder
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return texts
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, page)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if !slices.Contains(allowed, token.Name.Local) {
				t.Errorf("there is an element %s", token.Name.Local)
			}
			if token.Name.Local != "code" {
				text.Reset()
			}
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			switch token.Name.Local {
			case "h2", "h3", "p", "th", "td":
				texts = append(texts, text.String())
			}
		}
	}
}
