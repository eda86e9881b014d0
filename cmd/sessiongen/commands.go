package main

import (
	"context"
	"io"
	"os"
	"strings"
)

// command does something other than writing the code of schemas. Its name is the first argument.
type command struct {
	name string
	help string // begins with what the command does; the first line with the name shows its use
	run  func(ctx context.Context, args []string, stdout, stderr io.Writer) int
}

// commands are listed by sessiongen -h in this order.
var commands = []command{
	{"proto", protoHelp, runProto},
	{"doc", docHelp, runDoc},
	{"init", initHelp, runInit},
	{"inspect", inspectHelp, func(ctx context.Context, args []string, stdout, stderr io.Writer) int {
		return runInspect(ctx, args, os.Stdin, stdout, stderr)
	}},
	{"vet", vetHelp, runVet},
	{"rename", renameHelp, runRename},
}

// commandOf finds the command that the arguments begin with.
func commandOf(args []string) (c command, found bool) {
	if len(args) == 0 {
		return c, false
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c, true
		}
	}
	return c, false
}

// use is how a command is called, as its own help shows it.
func (c command) use() string {
	start := "sessiongen " + c.name + " "
	for line := range strings.Lines(c.help) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, start) {
			line, _, _ = strings.Cut(line, " <") // what is read from standard input
			return line
		}
	}
	return strings.TrimSpace(start)
}

// helpColumn is where -h refers to the help of each command.
const helpColumn = 38

// help is what -h prints.
func help() string {
	var uses strings.Builder
	for _, c := range commands {
		use := c.use()
		if len(use) >= helpColumn {
			uses.WriteString("\t" + use + "\n")
			use = ""
		}
		uses.WriteString("\t" + use + strings.Repeat(" ", helpColumn-len(use)) + "(see sessiongen " + c.name + " -h)\n")
	}
	return strings.Replace(generateHelp, "COMMANDS\n", uses.String(), 1)
}
