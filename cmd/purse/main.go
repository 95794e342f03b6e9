// Command purse is the whole of Purse in one binary: flags, environment and
// exit codes are here, everything else is in the packages below internal.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"purse/internal/app"
)

// Exit codes, besides 0.
const (
	exitFailure = 1 // the command could not do its work, or verify found a breach
	exitUsage   = 2 // the command line or a setting is wrong
)

// commands is the command line of Purse.
type commands struct {
	Dev     devCommand     `cmd:"" help:"Start Purse on this machine for development: a database in ./purse-data, a mailbox instead of mail, nothing to set up."`
	Serve   serveCommand   `cmd:"" help:"Start Purse for real people: refuses to start without its secrets."`
	Admin   adminCommand   `cmd:"" help:"Administrators, users and what they may do, and bot clients, also while Purse runs."`
	Keys    keysCommand    `cmd:"" help:"Make a new root key, and re-encrypt everything with it, also while Purse runs."`
	Verify  verifyCommand  `cmd:"" help:"Check that the books balance: every invariant of the ledger, also while Purse runs."`
	Backup  backupCommand  `cmd:"" help:"Write the whole database into a file, also while Purse runs."`
	Restore restoreCommand `cmd:"" help:"Make a new database out of such a file, on either engine."`
	Move    moveCommand    `cmd:"" help:"Copy an embedded database into PostgreSQL, and prove the copy equal."`
	Migrate migrateCommand `cmd:"" help:"Show or bring up to date the schema of a database."`
	Bench   benchCommand   `cmd:"" help:"Measure Purse on this machine."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

const description = `Purse gives an app its users and their money: sign-in with codes, wallets, cards,
savings, bills, gifts and a double-entry ledger, from one binary and one database.

Start with: purse dev
Every command has help with examples: purse <command> --help`

func main() {
	os.Exit(run(os.Args[1:]))
}

// run is main with the exit code as its result.
func run(args []string) (code int) {
	parser, err := kong.New(&commands{}, kong.Name("purse"), kong.Description(description),
		kong.Vars{"database": defaultDatabase},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Exit(func(status int) { panic(exit(status)) }))
	if err != nil {
		fmt.Fprintln(os.Stderr, "purse:", err)
		return exitFailure
	}
	defer func() { // --help ends parsing by the exit function
		if p := recover(); p != nil {
			status, ok := p.(exit)
			if !ok {
				panic(p)
			}
			code = int(status)
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "purse: %v\nSee: %s --help\n", err, reached(err))
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "purse: %v\n", err)
		if errors.As(err, new(usageError)) {
			return exitUsage
		}
		return exitFailure
	}
	return 0
}

// reached is the command at which a command line went wrong, whose help says how
// it should have been.
func reached(err error) string {
	command := "purse"
	if wrong := new(kong.ParseError); errors.As(err, &wrong) {
		for _, step := range wrong.Context.Path {
			if step.Command != nil {
				command += " " + step.Command.Name
			}
		}
	}
	return command
}

// exit is the status with which kong wants to end the program.
type exit int

// usageError is a command line or a setting that is wrong.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// progress is where progress is drawn: a terminal, or nil.
func progress() *os.File {
	if app.IsTerminal(os.Stderr) {
		return os.Stderr
	}
	return nil
}
