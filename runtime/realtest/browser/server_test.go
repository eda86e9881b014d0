package browser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/gen"
)

// folder is the module that is generated into, once for all tests.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "sessiongen-browser-"); err != nil {
		log.Fatal(err)
	}
	// The module is generated into where nothing else is, from what is here.
	os.Setenv("GOFLAGS", "-mod=mod")
	os.Setenv("GOWORK", "off")
	code := m.Run()
	if started.stop != nil {
		started.stop()
	}
	os.RemoveAll(folder)
	os.Exit(code)
}

// writeModule puts a module with one package of the given schema into a directory.
func writeModule(dir string, cookies []combination) error {
	checkout, err := filepath.Abs("../../..")
	if err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(checkout, "go.sum"))
	if err != nil {
		return err
	}
	module, err := os.ReadFile(filepath.Join(checkout, "go.mod"))
	if err != nil {
		return err
	}
	_, requirements, _ := strings.Cut(string(module), "\n")
	files := map[string]string{
		"go.mod": "module jar.example/server\n" + requirements + "\nrequire github.com/sessiongen/sessiongen v0.0.0\n" +
			"\nreplace github.com/sessiongen/sessiongen => " + checkout + "\n",
		"go.sum":    string(sums),
		"schema.go": schemaOf(cookies),
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// firstLine is the line of a schema's first field.
const firstLine = 5

// schemaOf is a schema with one cookie field in each line.
func schemaOf(cookies []combination) string {
	var b strings.Builder
	b.WriteString("package main\n\ntype jar struct {\n\t_ struct{} `session:\"-\"`\n")
	for _, c := range cookies {
		fmt.Fprintf(&b, "\t%s string `cookie:\"%s\"`\n", c.field(), c.tag())
	}
	b.WriteString("}\n")
	return b.String()
}

// casesOf is the table that the server goes by.
func casesOf(cookies []combination) string {
	var b strings.Builder
	b.WriteString("package main\n\nimport \"net/http\"\n\nvar cases = []cookieCase{\n")
	for _, c := range cookies {
		fmt.Fprintf(&b, "\t{%q, %q, (*Jar).Set%[3]s, (*Jar).%[3]s, (*Jar).Has%[3]s, (*Jar).Clear%[3]s, func(m *JarManager, w http.ResponseWriter) { m.%[3]sCookie().Delete(w) }},\n",
			c.name(), c.value(), c.field())
	}
	b.WriteString("}\n")
	return b.String()
}

// built is the server of all legal combinations.
var built = sync.OnceValues(func() (binary string, err error) {
	dir := filepath.Join(folder, "legal")
	legal := legalOnes()
	if err := writeModule(dir, legal); err != nil {
		return "", err
	}
	files, err := gen.Generate(context.Background(), gen.Config{Dir: dir})
	if err != nil {
		return "", err
	}
	if _, err := gen.Write(files); err != nil {
		return "", err
	}
	program, err := os.ReadFile(filepath.Join("testdata", "server", "main.go"))
	if err != nil {
		return "", err
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "main.go"), program, 0o600),
		os.WriteFile(filepath.Join(dir, "cases.go"), []byte(casesOf(legal)), 0o600),
	)
	if err != nil {
		return "", err
	}
	command := exec.Command("go", "build", "-ldflags", "-s -w", "-o", "server.exe", ".")
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return filepath.Join(dir, "server.exe"), nil
})

// server is the program under test.
type server struct{ secure, plain int }

func serve(t *testing.T) server {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(binary)
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		if err := command.Wait(); err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var s server
	if _, err := fmt.Sscan(line, &s.secure, &s.plain); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s server) https(host, path string) string {
	return fmt.Sprintf("https://%s:%d%s", host, s.secure, path)
}

func (s server) http(host, path string) string {
	return fmt.Sprintf("http://%s:%d%s", host, s.plain, path)
}

// TestTheGeneratorRefusesExactlyWhatTheStandardDoes gives it the whole cross product,
// so that a combination can get lost on neither side.
func TestTheGeneratorRefusesExactlyWhatTheStandardDoes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder, "all")
	product := all()
	if err := writeModule(dir, product); err != nil {
		t.Fatal(err)
	}
	_, err := gen.Generate(t.Context(), gen.Config{Dir: dir})
	errs, ok := errors.AsType[gen.Errors](err)
	if !ok {
		t.Fatal(err)
	}
	refusals := map[int][]string{}
	for _, err := range errs {
		index := err.Position.Line - firstLine
		if err.Position.Filename != "schema.go" || index < 0 || index >= len(product) {
			t.Fatalf("an error of no combination: %v", err)
		}
		refusals[index] = append(refusals[index], err.Message)
	}
	legal, refused := 0, 0
	for i, c := range product {
		if broken := c.broken(); (len(broken) == 0) != (len(refusals[i]) == 0) {
			t.Errorf("%s breaks %q, and the generator says %q", c.tag(), broken, refusals[i])
		} else if len(broken) == 0 {
			legal++
		} else {
			refused++
		}
	}
	// Without Secure there are 32 legal ones. With it: 96 without a prefix and as many with
	// __Secure-, 24 with each spelling of __Host-, 48 with __Http-, 12 with both.
	if len(product) != 1728 || legal != 332 || refused != 1728-332 {
		t.Errorf("of %d combinations %d are legal and %d are refused", len(product), legal, refused)
	}
	t.Logf("%d combinations: %d legal, %d refused", len(product), legal, refused)
	for _, rule := range rules {
		broken := names(product, func(c combination) bool { return slices.Contains(c.broken(), rule.says) })
		t.Logf("%4d break: %s", len(broken), rule.says)
	}
}
