package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/gen"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

const inspectHelp = `Sessiongen inspect shows the record of a session, or the cookie of a sealed one, as JSON.

Usage:

	sessiongen inspect [flags] [package] <record

The package has the schema; nothing of it is run, and it need not compile. The
record is read from standard input: its bytes, or what the clients of databases
and of Redis print, in hexadecimal digits or in quotes. With keys it is the value
of the session cookie of a sealed session, or the whole Cookie header.

Keys and revisions are never shown, and fields tagged secret only if asked for.

Flags:

	-secrets      show fields tagged secret
	-keys file    the keys that sealed the cookie, as runtime.KeysFromFile reads them
	-keys-env name
	              the environment variable with the keys, as runtime.KeysFromEnv
	              reads it
	-application name
	              the argument of runtime.WithApplication
	-type name    the schema, where the package has several
	-generated file
	              name of the generated file, which is not read (default
	              session_gen.go)
	-h            print this text

The exit code is 0 on success and 2 after an error.

Examples:

	psql -Atc "select data from sessiongen_sessions limit 1" | sessiongen inspect ./web
	mysql -Ne "select hex(data) from sessiongen_sessions limit 1" shop | sessiongen inspect ./web
	sqlite3 sessions.db "select hex(data) from sessiongen_sessions limit 1" | sessiongen inspect ./web
	redis-cli get sessiongen:s:FxbtmRU5sQd0jcVBZfDI4g | sessiongen inspect ./web
	pbpaste | sessiongen inspect -keys secret.keys ./web     # a sealed session's cookie
`

// inspectOptions are what the command line of inspect says.
type inspectOptions struct {
	config      gen.Config
	secrets     bool
	keyFile     string
	keyVariable string
	application string
}

// runInspect is the command inspect.
func runInspect(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parseInspectArgs(args)
	if code, answered := answerUsage(stdout, stderr, "sessiongen inspect", inspectHelp, err); answered {
		return code
	}
	if err := inspect(ctx, o, stdin, stdout, stderr); err != nil {
		printError(stderr, err)
		return exitError
	}
	return exitDone
}

func parseInspectArgs(args []string) (o inspectOptions, err error) {
	var types string
	flags := flag.NewFlagSet("inspect", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&o.secrets, "secrets", false, "")
	flags.StringVar(&o.keyFile, "keys", "", "")
	flags.StringVar(&o.keyVariable, "keys-env", "", "")
	flags.StringVar(&o.application, "application", "", "")
	flags.StringVar(&types, "type", "", "")
	flags.StringVar(&o.config.Output, "generated", gen.DefaultOutput, "")
	if o.config.Patterns, err = parseFlags(flags, args); err != nil {
		return o, err
	}
	o.config.Types = names(types)
	if o.keyFile != "" && o.keyVariable != "" {
		return o, errors.New("-keys and -keys-env exclude each other: give one of them")
	}
	return o, nil
}

func inspect(ctx context.Context, o inspectOptions, stdin io.Reader, stdout, stderr io.Writer) error {
	inspector, err := gen.NewInspector(ctx, o.config)
	if err != nil {
		return err
	}
	input, err := io.ReadAll(stdin)
	if err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	var record []byte
	if o.keyFile != "" || o.keyVariable != "" {
		cookie, err := open(o, inspector, strings.TrimSpace(string(input)))
		if err != nil {
			return err
		}
		fmt.Fprintf(stderr, "session %s, issued %s, idle until %s, ends %s\n", cookie.ID, moment(cookie.Issued), moment(cookie.Issued.Add(cookie.Idle)), moment(cookie.Expires))
		record = []byte(cookie.Data)
	} else if record, err = gen.ReadRecord(input); err != nil {
		return fmt.Errorf("no record to show: %w", err)
	}
	text, err := inspector.Inspect(record, o.secrets)
	if err != nil && o.keyFile == "" && o.keyVariable == "" {
		return fmt.Errorf("%w; the cookie of a sealed session is opened with -keys or -keys-env", err)
	} else if err != nil {
		return err
	}
	_, err = stdout.Write(text)
	return err
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// open opens the cookie of a sealed session.
func open(o inspectOptions, inspector *gen.Inspector, value string) (record.Frame, error) {
	keys, err := readKeys(o)
	if err != nil {
		return record.Frame{}, err
	}
	store, err := sealed.New(keys, sealed.AcceptReplay()) // nothing is asked about what was revoked
	if err != nil {
		return record.Frame{}, err
	}
	if _, pair, found := strings.Cut(value, inspector.Cookie()+"="); found {
		value, _, _ = strings.Cut(pair, ";") // of a whole Cookie header
	}
	cookie, err := record.OpenSealed(store, o.application, inspector.Schema(), inspector.Cookie(), value)
	if errors.Is(err, keyring.ErrRefused) {
		return cookie, fmt.Errorf("the value was not sealed with these keys, for the cookie %s of the schema %s and the application %q",
			inspector.Cookie(), inspector.Schema(), o.application)
	}
	return cookie, err
}

func readKeys(o inspectOptions) (*runtime.Keys, error) {
	if o.keyVariable != "" {
		return runtime.KeysFromEnv(o.keyVariable)
	}
	// KeysFromFile would make the file, which is not what one looks for here.
	if _, err := os.Stat(o.keyFile); err != nil {
		return nil, fmt.Errorf("reading the keys: %w", err)
	}
	return runtime.KeysFromFile(o.keyFile)
}
