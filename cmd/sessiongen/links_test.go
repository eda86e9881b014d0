package main

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// repository is the root of the repository as seen from this folder.
const repository = "../.."

// Each relative link of each page leads to a file of the repository and, where it
// names a section, to a heading of that page.
func TestLinksResolve(t *testing.T) {
	pages := markdownPages(t)
	if len(pages) < 10 {
		t.Fatalf("only %d pages were found: %v", len(pages), pages)
	}
	links := 0
	for _, page := range pages {
		content := readPage(t, page)
		for _, target := range linkTargets(content) {
			if problem := checkLink(t, page, target); problem != "" {
				t.Errorf("%s links to %s: %s", page, target, problem)
			}
			links++
		}
	}
	if links < 50 {
		t.Errorf("only %d links were found in %d pages: this test looks in the wrong place", links, len(pages))
	}
}

// checkLink returns what is wrong with a link, "" if nothing is. Links to other sites
// are not followed.
func checkLink(t *testing.T, page, target string) (problem string) {
	t.Helper()
	parsed, err := url.Parse(target)
	if err != nil {
		return err.Error()
	}
	if parsed.Scheme != "" || parsed.Host != "" {
		return ""
	}
	file := page
	if parsed.Path != "" {
		file = filepath.Join(filepath.Dir(page), filepath.FromSlash(parsed.Path))
	}
	switch {
	case strings.HasPrefix(parsed.Path, "/"):
		return "the path begins at the site, not at the page"
	case !filepath.IsLocal(file):
		return "the path leaves the repository"
	}
	if _, err := os.Stat(filepath.Join(repository, file)); err != nil {
		return "there is no such file"
	}
	if parsed.Fragment == "" {
		return ""
	}
	if filepath.Ext(file) != ".md" {
		return "only pages have sections"
	}
	if sections := headingAnchors(readPage(t, file)); !slices.Contains(sections, parsed.Fragment) {
		return "there is no such section: want one of " + strings.Join(sections, ", ")
	}
	return ""
}

// markdownPages are the paths of all pages below the root, generated ones included.
// What stands in testdata is compared byte for byte elsewhere.
func markdownPages(t *testing.T) (pages []string) {
	t.Helper()
	root := os.DirFS(repository)
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == ".git"):
			return fs.SkipDir
		case !entry.IsDir() && filepath.Ext(path) == ".md":
			pages = append(pages, filepath.FromSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func readPage(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

var (
	codeSpan   = regexp.MustCompile("``[^`]*``|`[^`\n]*`")
	inlineLink = regexp.MustCompile(`\]\(<?([^()\s>]+)>?(?:\s+"[^"]*")?\)`)
	definition = regexp.MustCompile(`(?m)^ {0,3}\[[^\]]+\]:\s+<?([^\s>]+)>?`)
	linkText   = regexp.MustCompile(`!?\[([^\]]*)\]\([^()]*\)`)
)

// prose is a page without its blocks of code, fenced or indented.
func prose(content string) string {
	var kept strings.Builder
	fenced, blank := false, true
	for line := range strings.Lines(content) {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "```"):
			fenced = !fenced
		case fenced:
		case blank && strings.HasPrefix(line, "    "):
		default:
			kept.WriteString(line)
			blank = text == ""
		}
	}
	return kept.String()
}

func linkTargets(content string) (targets []string) {
	text := codeSpan.ReplaceAllString(prose(content), "")
	for _, form := range []*regexp.Regexp{inlineLink, definition} {
		for _, found := range form.FindAllStringSubmatch(text, -1) {
			targets = append(targets, found[1])
		}
	}
	return targets
}

// headingAnchors are what GitHub makes of the headings of a page: small letters, spaces as
// hyphens, no punctuation.
func headingAnchors(content string) (anchors []string) {
	seen := map[string]int{}
	for line := range strings.Lines(prose(content)) {
		level := len(line) - len(strings.TrimLeft(line, "#"))
		if level == 0 || level > 6 || !strings.HasPrefix(line[level:], " ") {
			continue
		}
		heading := linkText.ReplaceAllString(strings.TrimSpace(line[level:]), "$1")
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, heading)
		seen[anchor]++
		if n := seen[anchor]; n > 1 {
			anchor += "-" + string(rune('0'+n-1))
		}
		anchors = append(anchors, anchor)
	}
	return anchors
}

func TestLinksAreFound(t *testing.T) {
	const page = "# A page, twice\n" +
		"See [one](a.md#x), ![two](b.svg \"title\") and `[no](c.md)`.\n\n" +
		"    [no](d.md)\n\n" +
		"```\n[no](e.md)\n# no\n```\n\n" +
		"## A page, twice\n## [Linked](f.md) `code_span`\n\n[three]: g.md\n"
	want := []string{"a.md#x", "b.svg", "f.md", "g.md"}
	if got := linkTargets(page); !slices.Equal(got, want) {
		t.Errorf("the links are %q, want %q", got, want)
	}
	want = []string{"a-page-twice", "a-page-twice-1", "linked-code_span"}
	if got := headingAnchors(page); !slices.Equal(got, want) {
		t.Errorf("the anchors are %q, want %q", got, want)
	}
	for target, want := range map[string]string{
		"https://example.com/":     "",
		"README.md":                "",
		"README.md#quick-start":    "",
		"README.md#slow-start":     "there is no such section",
		"runtime":                  "",
		"runtime#section":          "only pages have sections",
		"nowhere.md":               "there is no such file",
		"/README.md":               "the path begins at the site",
		"../elsewhere/README.md":   "the path leaves the repository",
		"runtime/../../outside.md": "the path leaves the repository",
	} {
		got := checkLink(t, "CHANGELOG.md", target)
		if want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("a link to %s: %q, want %q", target, got, want)
		}
	}
}

// The code spans of pages name files and folders that are there, and the map of the repository
// and the table of changes in CONTRIBUTING name many.
func TestPagesNameFilesThatAreThere(t *testing.T) {
	const contributing = ".github/CONTRIBUTING.md"
	named := map[string]int{}
	for _, page := range markdownPages(t) {
		for _, span := range codeSpan.FindAllString(prose(readPage(t, page)), -1) {
			path := strings.Trim(span, "`")
			first, _, _ := strings.Cut(path, "/")
			if first == path || strings.ContainsAny(path, " =@:…") || strings.Contains(path, "/v1.") || !isFolder(first) {
				continue // an option, a command, an address, or a tag of git
			}
			named[page]++
			if found, err := filepath.Glob(filepath.Join(repository, path)); err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which is not there", page, path)
			}
		}
	}
	if named[contributing] < 30 || len(named) < 8 {
		t.Errorf("the pages name too few files: this test looks in the wrong place: %v", named)
	}
}

// isFolder reports whether the repository has a folder of that name at its root.
func isFolder(name string) bool {
	info, err := os.Stat(filepath.Join(repository, name))
	return err == nil && info.IsDir() && name != "" && name != "."
}
