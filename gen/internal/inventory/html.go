package inventory

import (
	"bytes"
	_ "embed"
	"html/template"
)

//go:embed doc.html
var docTemplate string

// htmlDoc writes an inventory as a page that needs no other file.
func htmlDoc(i *Inventory) ([]byte, error) {
	t, err := template.New("doc").Parse(docTemplate)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, page(i))
	return out.Bytes(), err
}
