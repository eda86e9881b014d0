package inventory

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

func addStructs(t *testing.T, structs map[string]*ast.StructType, pkg *model.Package) {
	t.Helper()
	sources, err := filepath.Glob(filepath.Join(pkg.Dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if node, ok := spec.Type.(*ast.StructType); ok {
					structs[pkg.Types.Path()+"."+spec.Name.Name] = node
				}
			}
			return true
		})
	}
}

// readTag is what a test reads of one field.
type readTag struct {
	comment             bool
	session, cookie     []string // the elements, the name first
	inSession, inCookie bool
}

// readTags are the tags of a struct's fields, by name.
func readTags(t *testing.T, node *ast.StructType) map[string]readTag {
	t.Helper()
	tags := map[string]readTag{}
	if node == nil {
		t.Fatal("there is no such struct")
	}
	for _, field := range node.Fields.List {
		if field.Tag == nil {
			continue
		}
		literal, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			t.Fatal(err)
		}
		read := readTag{comment: strings.TrimSpace(field.Doc.Text()+field.Comment.Text()) != ""}
		session, inSession := reflect.StructTag(literal).Lookup("session")
		cookie, inCookie := reflect.StructTag(literal).Lookup("cookie")
		read.session, read.cookie = elements(session), elements(cookie)
		read.inSession, read.inCookie = inSession, inCookie
		name := "_"
		if len(field.Names) > 0 {
			name = field.Names[0].Name
		} else {
			ast.Inspect(field.Type, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					name = id.Name // the last one: package before name
				}
				return true
			})
		}
		if (inSession || inCookie) && (session != "-" || name == "_") {
			tags[name] = read
		}
	}
	return tags
}

// elements splits a tag at the commas that are not between quotes.
func elements(tag string) []string {
	var result []string
	quoted, element := false, ""
	for _, r := range tag {
		switch {
		case r == '\'':
			quoted = !quoted
		case r == ',' && !quoted:
			result, element = append(result, element), ""
		default:
			element += string(r)
		}
	}
	result = append(result, element)
	if strings.Contains(result[0], "=") {
		result = append([]string{""}, result...)
	}
	return result
}

// valueOf is the value of key=value, or else otherwise.
func valueOf(elements []string, key, otherwise string) string {
	for _, element := range elements[1:] {
		if value, found := strings.CutPrefix(element, key+"="); found {
			return value
		}
	}
	return otherwise
}

func isOn(elements []string, key string, otherwise bool) bool {
	if slices.Contains(elements[1:], key) {
		return true
	}
	return valueOf(elements, key, strconv.FormatBool(otherwise)) == "true"
}

// secondsOf reads the durations that tags here have.
func secondsOf(t *testing.T, text string) float64 {
	t.Helper()
	sum := 0.0
	for unit, size := range map[string]float64{"w": 7 * 86400, "d": 86400} {
		if before, after, found := strings.Cut(text, unit); found {
			n, err := strconv.ParseFloat(before, 64)
			if err != nil {
				t.Fatal(err)
			}
			sum, text = sum+n*size, after
		}
	}
	if n, err := strconv.Atoi(text); err == nil {
		return sum + float64(n)
	}
	if text == "" {
		return sum
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return sum + d.Seconds()
}
