package rename

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/tools/go/packages"
)

// qualified is a method or field as comments name it: Visitor.Name, web.Visitor.Name, (*Visitor).Name.
// In brackets it is a link.
var qualified = regexp.MustCompile(`([\pL_][\pL\pN_]*\.)?([\pL_][\pL\pN_]*)\)?\.([\pL_][\pL\pN_]*)`)

// word is a name that stands alone.
var word = regexp.MustCompile(`[\pL_][\pL\pN_]*`)

// editComments edits what the comments of a file say of the methods: each by the name of its type,
// and those above the field by any of its names.
func (c *Change) editComments(pkg *packages.Package, file *ast.File) {
	imported := c.importedAs(pkg, file)
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if group == c.node.Doc || group == c.node.Comment {
				c.editWords(comment)
			} else {
				c.editQualified(comment, imported)
			}
		}
	}
}

// importedAs is what a file calls the package of the schema; empty if the file is part of it.
func (c *Change) importedAs(pkg *packages.Package, file *ast.File) string {
	if pkg.PkgPath == c.pkg.PkgPath {
		return ""
	}
	for _, spec := range file.Imports {
		if imported, _ := strconv.Unquote(spec.Path.Value); imported == c.pkg.PkgPath && spec.Name != nil && spec.Name.Name != "_" {
			return strings.TrimPrefix(spec.Name.Name, ".") // as if within, for a dot
		}
	}
	return c.pkg.Name
}

func (c *Change) editQualified(comment *ast.Comment, imported string) {
	text := c.textOf(comment)
	for _, at := range qualified.FindAllStringSubmatchIndex(text, -1) {
		qualifier, rest := "", text[:at[0]]
		if at[2] >= 0 {
			qualifier = strings.TrimSuffix(text[at[2]:at[3]], ".")
		}
		switch dir := path.Dir(c.pkg.PkgPath) + "/"; {
		case strings.HasSuffix(rest, dir) && qualifier == path.Base(c.pkg.PkgPath):
		case followsName(rest), qualifier != imported && qualifier != c.pkg.Name, qualifier == "" && imported != "":
			continue
		}
		if name, renamed := c.names[text[at[4]:at[5]]][text[at[6]:at[7]]]; renamed {
			c.edit(comment.Slash+token.Pos(at[6]), text[at[6]:at[7]], name)
		}
	}
}

// textOf is a comment as the file has it: its Text lacks carriage returns.
func (c *Change) textOf(comment *ast.Comment) string {
	at := c.program.position(comment.Slash)
	rest := string(c.program.content[at.Filename][at.Offset:])
	end := "\n"
	if strings.HasPrefix(rest, "/*") {
		end = "*/"
	}
	text, _, _ := strings.Cut(rest, end)
	return text
}

// followsName reports whether what comes after a text is a part of a longer name or path.
func followsName(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return isWord(r) || r == '.' || r == '/'
}

// editWords edits a comment about the field itself.
func (c *Change) editWords(comment *ast.Comment) {
	text := c.textOf(comment)
	for _, at := range word.FindAllStringIndex(text, -1) {
		if name, renamed := c.ownName(text[at[0]:at[1]]); renamed {
			c.edit(comment.Slash+token.Pos(at[0]), text[at[0]:at[1]], name)
		}
	}
}

// ownName is what the field, or a method of it, is called after the change.
func (c *Change) ownName(old string) (name string, renamed bool) {
	for _, names := range c.names {
		if name, renamed := names[old]; renamed {
			return name, true
		}
	}
	return "", false
}
