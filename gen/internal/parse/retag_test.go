package parse

import (
	"go/ast"
	"testing"
)

// What stands in the tag besides the key stays byte for byte.
func TestRetag(t *testing.T) {
	for _, c := range []struct{ tag, want, pinned string }{
		{"`session:\"\"`", "`session:\"was=name\"`", "`session:\"name\"`"},
		{"`session:\",flash\"`", "`session:\",flash,was=name\"`", "`session:\"name,flash\"`"},
		{"`session:\"default='a,b'\" json:\"n\"`", "`session:\"default='a,b',was=name\" json:\"n\"`", "`session:\"name,default='a,b'\" json:\"n\"`"},
		{`"json:\"n\" session:\",flash\""`, `"json:\"n\" session:\",flash,was=name\""`, `"json:\"n\" session:\"name,flash\""`},
		{"`session:\"called\"`", "", ""},
		{"`session:\"called,was=first\"`", "", ""},
		{"`session:\"was=first\"`", "", "`session:\"name,was=first\"`"},
		{"`session:\",was=full_name,flash\"`", "`session:\",flash\"`", "`session:\"name,was=full_name,flash\"`"},
		{"`session:\",flash,was='full_name'\"`", "`session:\",flash\"`", "`session:\"name,flash,was='full_name'\"`"},
		{"`session:\"was=full_name\"`", "`session:\"\"`", "`session:\"name,was=full_name\"`"},
		{"`session:\"was=full_name,flash\"`", "`session:\",flash\"`", "`session:\"name,was=full_name,flash\"`"},
		{"`cookie:\"\"`", "`cookie:\"name\"`", "`cookie:\"name\"`"},
		{"`cookie:\"httponly=false,was=first\"`", "`cookie:\"name,httponly=false,was=first\"`", "`cookie:\"name,httponly=false,was=first\"`"},
		{"`cookie:\"called\"`", "", ""},
	} {
		for pin, want := range map[bool]string{false: c.want, true: c.pinned} {
			if want == "" {
				want = c.tag
			}
			field := &ast.Field{Tag: &ast.BasicLit{Value: c.tag}}
			if got := Retag(field, "Name", "FullName", pin); got != want {
				t.Errorf("%s, pin %v, becomes %s, want %s", c.tag, pin, got, want)
			}
			if got := Retag(field, "UserId", "UserID", pin); got != c.tag {
				t.Errorf("%s, pin %v, becomes %s, although the key is the same", c.tag, pin, got)
			}
		}
	}
}
