package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"customer-events/internal/importer"
	"customer-events/internal/sender"
	"customer-events/internal/store"
	"customer-events/models"
)

// cli is the command line.
type cli struct {
	options

	Serve   struct{} `cmd:"" default:"1" help:"Serve the database over GraphQL (the default). Applies migrations first."`
	Migrate struct{} `cmd:"" help:"Apply migrations and exit. Several servers may do so at once."`
	User    struct {
		Add struct {
			Name string   `arg:"" help:"The user's name."`
			Unit []string `placeholder:"ID" help:"A unit that the user may write for and read, by id; repeat it for more. Without it there is no restriction."`
		} `cmd:"" help:"Add an API user. Reads the password from a prompt or standard input."`
		Password struct {
			Name string `arg:"" help:"The user's name."`
		} `cmd:"" help:"Change a user's password, read from a prompt or standard input. The user is logged out everywhere."`
		Disable struct {
			Name string `arg:"" help:"The user's name."`
		} `cmd:"" help:"Disable a user. The user is logged out everywhere."`
		Enable struct {
			Name string `arg:"" help:"The user's name."`
		} `cmd:"" help:"Enable a disabled user."`
		List struct{} `cmd:"" help:"List the API users and the units that each is restricted to."`
	} `cmd:"" help:"API users."`
	Import struct {
		Kind   string `arg:"" enum:"accounts-receivable,rewards-participants,access-tokens,classifications,units" help:"Kind of the records in the file: ${enum}."`
		File   string `arg:"" help:"A CSV file with a header line, separated by commas, semicolons or tabs, or NDJSON; UTF-8 or UTF-16. - is standard input."`
		DryRun bool   `env:"-" help:"Store nothing; count what would be added and changed."`
	} `cmd:"" help:"Add or update reference data from a file. Invalid rows are listed (all of them in FILE.rejected.csv or .ndjson), the other rows are imported. Safe to repeat."`
	Export struct {
		Kind string `arg:"" enum:"accounts-receivable,rewards-participants,access-tokens,classifications,units" help:"What to export: ${enum}."`
	} `cmd:"" help:"Write reference data to standard output, as the CSV that import reads, with ids and without secrets."`
	Send     sendOptions `cmd:"" help:"Send a file of events of any length to a running server. Continues where it was interrupted. Rejected events go to FILE.rejected.ndjson. Exit status: 0 all events are processed, 1 some were rejected, 2 the command line is wrong, 3 it failed or was interrupted (run the same command to continue)."`
	Licenses struct{}    `cmd:"" help:"Print the licences of the third-party software that the program contains."`
	Version  struct{}    `cmd:"" help:"Print version, commit and Go version."`
}

// Run runs one command line and returns the exit status: 0 for success, 1 for a failure, 2 for a wrong command line, 3
// for a send that did not reach the end of the file.
func Run(ctx context.Context, args []string, env Env) int {
	var p cli
	exit := -1
	parser, err := kong.New(&p, kong.Name("customer-events"), kong.DefaultEnvars("CRM"),
		kong.Description("Records web customer events in bulk over GraphQL. Every option is a flag and an environment variable; flags take precedence."),
		kong.Writers(env.Stdout, env.Stderr), kong.Exit(func(status int) { exit = status }), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(env.Stderr, err)
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
	case err != nil || command.Command() == "version" || command.Command() == "licenses":
	case command.Command() == "send <file>":
		sending, err = p.Send.config()
	default:
		// Only these commands hash secrets of access tokens and need the key.
		name := command.Command()
		c, err = p.options.config(name == "serve" || name == "import <kind> <file>")
	}
	err = errors.Join(unknown, err)
	if err != nil {
		fmt.Fprintf(env.Stderr, "customer-events cannot start:\n%s\n", indented(err.Error()))
		return 2
	}
	switch command.Command() {
	case "version":
		printVersion(env.Stdout, env.Build)
	case "licenses":
		_, err = io.WriteString(env.Stdout, env.Build.Licenses)
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
		err = importFile(ctx, c, env, p.Import.Kind, p.Import.File, p.Import.DryRun)
	case "export <kind>":
		err = exportKind(ctx, c, env, p.Export.Kind)
	case "send <file>":
		err = sendFile(ctx, sending, env)
	}
	if err != nil {
		printWithin(logFlushTimeout, env.Stderr, fmt.Sprintf("customer-events: %v\n", err))
		var own *exitError
		if errors.As(err, &own) {
			return own.status
		}
		return 1
	}
	return 0
}

func indented(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

func printVersion(to io.Writer, build Build) {
	fmt.Fprintf(to, "customer-events %s\ncommit %s\n%s\n", build.Version, build.revision(), runtime.Version())
}

func migrate(ctx context.Context, c config, env Env) error {
	db, err := store.Open(ctx, c.database, env.Log)
	if err != nil {
		return err
	}
	from, to, err := db.MigrateVersions(ctx)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	switch from {
	case to:
		fmt.Fprintf(env.Stdout, "The tables are up to date, at version %d.\n", to)
	case 0:
		fmt.Fprintf(env.Stdout, "The tables are created, from version 0 to version %d.\n", to)
	default:
		fmt.Fprintf(env.Stdout, "The tables are migrated from version %d to version %d.\n", from, to)
	}
	return db.Close()
}

// errBadRows is the error of an import that rejected rows.
var errBadRows = errors.New("some rows were rejected: correct them and import them, or the whole file, again")

// maxReported is how many rejected rows are listed on the screen.
const maxReported = 20

func importFile(ctx context.Context, c config, env Env, kind, file string, dryRun bool) (err error) {
	db, err := open(ctx, c, env.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	hasher, err := openSecrets(ctx, c, db)
	if err != nil {
		return err
	}
	options := importer.Options{Kind: kind, File: file, To: db, Hasher: hasher, DryRun: dryRun,
		Report: env.Stderr, MostReported: maxReported, Rejected: file}
	if file == "-" {
		options.File, options.Input, options.Rejected = "standard input", env.Stdin, kind
	}
	if terminal, ok := env.Stderr.(*os.File); ok && term.IsTerminal(int(terminal.Fd())) {
		options.Progress = terminal
	}
	result, err := importer.Run(ctx, options)
	if result.Bad > maxReported && result.RejectedFile != "" {
		fmt.Fprintf(env.Stderr, "%d more rows were rejected, see %s\n", result.Bad-maxReported, result.RejectedFile)
	}
	if result.Kept != "" {
		fmt.Fprintf(env.Stderr, "The rejected rows of an earlier import are kept in %s\n", result.Kept)
	}
	if dryRun {
		fmt.Fprintln(env.Stdout, "This is a dry run: nothing was stored.")
	}
	fmt.Fprintf(env.Stdout, "%s, in %s\n", result, models.FormatDuration(result.Took.Round(time.Millisecond)))
	if err == nil && result.Bad > 0 {
		err = errBadRows
		if result.RejectedFile != "" {
			err = fmt.Errorf("%w (see %s)", errBadRows, result.RejectedFile)
		}
	}
	return err
}
