package main

import (
	"strings"
	"testing"
)

// -h and the page about commands list each command, and each command's help begins with what it
// does and shows how it is called.
func TestCommandsAreListed(t *testing.T) {
	page, text := readPage(t, "cmd/sessiongen/COMMANDS.md"), help()
	if strings.Contains(text, "COMMANDS") {
		t.Errorf("-h prints the place of the commands instead of them:\n%s", text)
	}
	for _, c := range commands {
		if start := "Sessiongen " + c.name + " "; !strings.HasPrefix(c.help, start) {
			t.Errorf("the help of %s does not begin with %q", c.name, start)
		}
		if !strings.Contains(c.use(), "[flags]") {
			t.Errorf("the help of %s does not show how it is called: %q", c.name, c.use())
		}
		if !strings.Contains(text, "\t"+c.use()) || !strings.Contains(text, "(see sessiongen "+c.name+" -h)\n") {
			t.Errorf("-h does not list %s:\n%s", c.name, text)
		}
		if !strings.Contains(page, "| `sessiongen "+c.name+"` |") {
			t.Errorf("COMMANDS.md does not list %s", c.name)
		}
	}
	if len(commands) < 5 {
		t.Errorf("there are only %d commands", len(commands))
	}
}
