package gen

import (
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// sizedFields are 20 fields as sites have them.
const sizedFields = `
	UserID   int64             ~session:"user_id,principal"~
	Role     string            ~session:"role,renew,default=guest"~
	Team     string            ~session:"team,index"~
	Username string            ~session:"username"~
	Email    string            ~session:"email"~
	CSRF     string            ~session:"csrf,secret"~
	Visits   int               ~session:"visits"~
	Balance  float64           ~session:"balance"~
	Flags    uint32            ~session:"flags"~
	Verified bool              ~session:"verified"~
	Trial    bool              ~session:"trial"~
	LastSeen time.Time         ~session:"last_seen"~
	Pause    time.Duration     ~session:"pause"~
	Tags     []string          ~session:"tags"~
	Prefs    map[string]string ~session:"prefs"~
	Avatar   []byte            ~session:"avatar"~
	Notice   string            ~session:"notice,flash"~
	Theme    string            ~cookie:"THEME,max-age=365d,default=light"~
	Campaign string            ~cookie:"CAMPAIGN,signed,max-age=30d"~
	Ticket   int64             ~cookie:"TICKET,encrypted,secret"~
`

// What one more schema of 20 fields may add to a program that uses all of its methods: a
// quarter more than it did when this was last looked at, which was 22.7 KB of machine code
// and 51.7 KB of the program's file.
var mostBytes = programSize{code: 28_300, file: 64_600}

// programSize is how large a program is.
type programSize struct {
	code int64 // what the processor runs
	file int64 // with constants, types, and what a stack trace needs; without debugging information
}

// A program pays for a schema in what has to be compiled, linked and loaded. How long that
// takes says little on a machine with other things to do; how much code it is does not
// depend on that. Code that was moved from the generator's output into the runtime, or the
// other way round, shows here.
func TestWhatASchemaAddsToAProgram(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the bound is that of linux/amd64")
	}
	// The parts of a file begin at whole pages, so one schema would be lost in the rounding.
	const more = 8
	few, many := sizeWith(t, 1), sizeWith(t, 1+more)
	for _, c := range []struct {
		what            string
		few, many, most int64
	}{{"code", few.code, many.code, mostBytes.code}, {"the file", few.file, many.file, mostBytes.file}} {
		each := (c.many - c.few) / more
		t.Logf("of a program with one schema, %s has %d bytes, and each further one adds %d", c.what, c.few, each)
		switch {
		case each > c.most:
			t.Errorf("a schema of 20 fields adds %d bytes to %s, more than %d: see what has grown, and raise the bound if it is worth it", each, c.what, c.most)
		case each < c.most/2:
			t.Errorf("a schema of 20 fields adds only %d bytes to %s: some methods are not in it, or the bound of %d is out of date", each, c.what, c.most)
		}
	}
}

// sizeWith is the size of a program that has some schemas and uses every method of theirs.
func sizeWith(t *testing.T, schemas int) programSize {
	t.Helper()
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.com/sized\n\ngo 1.26\n")
	var declared, used strings.Builder
	for i := range schemas {
		name := fmt.Sprintf("visitor%d", i)
		cookies := strings.NewReplacer("~", "`", "THEME", "theme-"+name, "CAMPAIGN", "campaign-"+name, "TICKET", "ticket-"+name)
		fmt.Fprintf(&declared, "type %s struct {\n\t_ struct{} `session:\"idle=30m,lifetime=12h\"`\n%s}\n", name, cookies.Replace(sizedFields))
		fmt.Fprintf(&used, "new(Visitor%d), new(Visitor%[1]dManager), NewVisitor%[1]dManager,\n", i)
	}
	write("schema.go", "package main\n\nimport \"time\"\n\n"+declared.String())
	// The linker leaves out no method that could be found by its number.
	write("main.go", "package main\n\nimport \"reflect\"\n\nfunc main() {\n\tfor _, v := range []any{\n"+used.String()+
		"\t} {\n\t\tfor i := range reflect.TypeOf(v).NumMethod() {\n\t\t\tprintln(reflect.TypeOf(v).Method(i).Name)\n\t\t}\n\t}\n}\n")
	files, err := Generate(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		write(filepath.Base(f.Path), string(f.Content))
	}
	return buildSized(t, dir)
}

// buildSized builds the program as if it stood in this module, and returns its size.
func buildSized(t *testing.T, dir string) programSize {
	t.Helper()
	place, err := filepath.Abs("testdata/sized")
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for _, name := range []string{"schema.go", "main.go", DefaultOutput} {
		replace[filepath.Join(place, name)] = filepath.Join(dir, name)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlayFile, program := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "program")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-ldflags", "-s -w", "-overlay", overlayFile, "-o", program, "./testdata/sized")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer binary.Close()
	return programSize{code: int64(binary.Section(".text").Size), file: info.Size()}
}
