package web

import (
	"embed"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/scanner"
	"go/token"
	"html"
	"html/template"
	"strings"
)

// The pages show the code that they were made by: the very files, so that they
// cannot differ.
//
//go:embed visitor.go account.go cart.go cookies.go devices.go record.go site.go
var goFiles embed.FS

// declaration is a function or type with its doc comment.
type declaration struct {
	Name, File string
	Synopsis   string // the first sentence of the doc comment, to follow the name
	Text       template.HTML
}

// declarations are those in goFiles, by name.
var declarations = readDeclarations()

func readDeclarations() map[string]declaration {
	files, err := goFiles.ReadDir(".")
	if err != nil {
		panic(err)
	}
	found := map[string]declaration{}
	for _, file := range files {
		text, err := goFiles.ReadFile(file.Name())
		if err != nil {
			panic(err)
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file.Name(), text, parser.ParseComments)
		if err != nil {
			panic(err)
		}
		for _, decl := range parsed.Decls {
			name, comment := describe(decl)
			from := decl.Pos()
			if comment != nil {
				from = comment.Pos()
			}
			found[name] = declaration{
				Name: name, File: "web/" + file.Name(),
				Synopsis: strings.TrimPrefix(new(doc.Package).Synopsis(comment.Text()), name+" "),
				Text:     highlight(string(text[set.Position(from).Offset:set.Position(decl.End()).Offset])),
			}
		}
	}
	return found
}

func describe(decl ast.Decl) (name string, comment *ast.CommentGroup) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		return d.Name.Name, d.Doc
	case *ast.GenDecl:
		if d.Tok == token.TYPE {
			return d.Specs[0].(*ast.TypeSpec).Name.Name, d.Doc
		}
	}
	return "", nil
}

// code is for templates: {{range code "signIn" "signOut"}}.
func code(names ...string) ([]declaration, error) {
	var list []declaration
	for _, name := range names {
		d, found := declarations[name]
		if !found {
			return nil, fmt.Errorf("there is no declaration called %s", name)
		}
		list = append(list, d)
	}
	return list, nil
}

// highlight marks comments, keywords and literals for the style sheet.
func highlight(text string) template.HTML {
	set := token.NewFileSet()
	file := set.AddFile("", set.Base(), len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), nil, scanner.ScanComments)
	var b strings.Builder
	done := 0
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			break
		}
		class := ""
		switch {
		case tok == token.COMMENT:
			class = "comment"
		case tok.IsKeyword():
			class = "keyword"
		case tok.IsLiteral() && tok != token.IDENT:
			class = "literal"
		}
		if class == "" {
			continue
		}
		at := file.Offset(pos)
		b.WriteString(html.EscapeString(text[done:at]))
		done = at + len(literal)
		fmt.Fprintf(&b, `<span class="%s">%s</span>`, class, html.EscapeString(text[at:done]))
	}
	b.WriteString(html.EscapeString(text[done:]))
	return template.HTML(strings.ReplaceAll(b.String(), "\t", "    "))
}
