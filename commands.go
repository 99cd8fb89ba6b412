package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"customer-events/importer"
	"customer-events/models"
	"customer-events/sender"
)

// version and commit are set by the linker in releases.
var version, commit = "development", ""

// program is the command line.
type program struct {
	options

	Serve   struct{} `cmd:"" default:"1" help:"Serve the database over GraphQL (the default). Applies migrations first."`
	Migrate struct{} `cmd:"" help:"Apply migrations and end. Several servers may do so at once."`
	User    struct {
		Add struct {
			Name string   `arg:"" help:"The user's name."`
			Unit []string `placeholder:"ID" help:"The id of a unit that the user may write for and read of; repeat it for more. Without it the user may use all."`
		} `cmd:"" help:"Add an API user. The password is asked for, or read from standard input."`
		Password struct {
			Name string `arg:"" help:"The user's name."`
		} `cmd:"" help:"Give a user another password, asked for or read from standard input. The user's tokens end at once."`
		Disable struct {
			Name string `arg:"" help:"The user's name."`
		} `cmd:"" help:"Keep a user out. The user's tokens end at once."`
		Enable struct {
			Name string `arg:"" help:"The user's name."`
		} `cmd:"" help:"Let a user in again that was disabled."`
		List struct{} `cmd:"" help:"List the API users, with the units that each is limited to."`
	} `cmd:"" help:"API users."`
	Import struct {
		Kind string `arg:"" enum:"accounts-receivable,rewards-participants,access-tokens,classifications,units" help:"What the file holds: ${enum}."`
		File string `arg:"" help:"A CSV file with a header line, or NDJSON."`
	} `cmd:"" help:"Add or update reference data from a file. Bad rows are listed, the others are taken; safe to repeat."`
	Send    sendOptions `cmd:"" help:"Send a file of events of any length to a running server. Goes on where it was interrupted; rejected events go to FILE.rejected.ndjson. Exit status: 0 all events are processed, 1 some were rejected, 2 the command line is wrong, 3 it failed or was interrupted: the same command goes on."`
	Version struct{}    `cmd:"" help:"Print version, commit and Go version."`
}

// environment is what a command runs in.
type environment struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	log            *slog.Logger
	// ready is told the address once the server listens; tests wait for it.
	ready func(net.Addr)
}

// run runs one command line and returns the exit status: 0 if all went well, 1 if not, 2 if the command line is wrong, 3 of a send
// that has not come to the file's end.
func run(ctx context.Context, args []string, env environment) int {
	var p program
	exit := -1
	parser, err := kong.New(&p, kong.Name("customer-events"), kong.DefaultEnvars("CRM"),
		kong.Description("Takes in web customer events in bulk over GraphQL. Every option is a flag and an environment variable; flags win."),
		kong.Writers(env.stdout, env.stderr), kong.Exit(func(status int) { exit = status }), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(env.stderr, err)
		return 2
	}
	unknown := unknownVariables(os.Environ(), parser.Model)
	command, err := parser.Parse(args)
	if exit >= 0 { // --help
		return exit
	}
	var c config
	var sending sender.Options
	switch {
	case err != nil || command.Command() == "version":
	case command.Command() == "send <file>":
		sending, err = p.Send.config()
	default:
		c, err = p.options.config()
	}
	err = errors.Join(unknown, err)
	if err != nil {
		fmt.Fprintf(env.stderr, "customer-events cannot start:\n%s\n", indented(err.Error()))
		return 2
	}
	switch command.Command() {
	case "version":
		printVersion(env.stdout)
	case "serve":
		err = serve(ctx, c, env)
	case "migrate":
		err = migrate(ctx, c, env)
	case "user add <name>":
		err = addUser(ctx, c, env, p.User.Add.Name, p.User.Add.Unit)
	case "user password <name>":
		err = setPassword(ctx, c, env, p.User.Password.Name)
	case "user disable <name>":
		err = disableUser(ctx, c, env, p.User.Disable.Name)
	case "user enable <name>":
		err = enableUser(ctx, c, env, p.User.Enable.Name)
	case "user list":
		err = listUsers(ctx, c, env)
	case "import <kind> <file>":
		err = importFile(ctx, c, env, p.Import.Kind, p.Import.File)
	case "send <file>":
		err = sendFile(ctx, sending, env)
	}
	if err != nil {
		fmt.Fprintf(env.stderr, "customer-events: %v\n", err)
		var own *exitError
		if errors.As(err, &own) {
			return own.status
		}
		return 1
	}
	return 0
}

func indented(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

func printVersion(to io.Writer) {
	built := commit
	if info, ok := debug.ReadBuildInfo(); ok && built == "" {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				built = setting.Value
			}
		}
	}
	if built == "" {
		built = "unknown"
	}
	fmt.Fprintf(to, "customer-events %s\ncommit %s\n%s\n", version, built, runtime.Version())
}

func migrate(ctx context.Context, c config, env environment) error {
	db, err := open(ctx, c, env.log)
	if err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, "The tables are up to date.")
	return db.Close()
}

// errBadRows ends an import that has left rows out.
var errBadRows = errors.New("some rows are bad and were left out, see above: correct them and import them, or the whole file, again")

func importFile(ctx context.Context, c config, env environment, kind, file string) (err error) {
	db, err := open(ctx, c, env.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	options := importer.Options{Kind: kind, File: file, To: db, Secrets: models.NewSecrets(c.secretKey, c.oldSecretKeys...), Report: env.stderr}
	if terminal, ok := env.stderr.(*os.File); ok && term.IsTerminal(int(terminal.Fd())) {
		options.Progress = terminal
	}
	result, err := importer.Run(ctx, options)
	fmt.Fprintf(env.stdout, "%d rows: %d taken, %d bad, in %s\n", result.Rows, result.Good, result.Bad, result.Took.Round(time.Millisecond))
	if err == nil && result.Bad > 0 {
		err = errBadRows
	}
	return err
}
