package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/alecthomas/kong"
)

// cli is the command line. The options of the database commands and of the server are at its root, so that
// they may be written before and after the command; optionGroups says which command has which.
type cli struct {
	options
	ShowVersion bool `name:"version" short:"v" env:"-" help:"Print version, commit and Go version."`

	Serve    struct{}      `cmd:"" default:"1" help:"Serve the database (default). Applies migrations first."`
	Migrate  struct{}      `cmd:"" help:"Apply migrations and exit. Several servers may do so at once."`
	User     userCommands  `cmd:"" help:"API users."`
	Import   importCommand `cmd:"" help:"Add or update reference data from a file. Safe to repeat."`
	Export   exportCommand `cmd:"" help:"Write reference data to standard output as CSV, without secrets."`
	Send     sendOptions   `cmd:"" help:"Send a file of events of any length to a running server."`
	Licenses struct{}      `cmd:"" help:"Print the licences of the third-party software in the program."`
	Version  struct{}      `cmd:"" help:"Print version, commit and Go version."`
	Help     struct {
		Command []string `arg:"" optional:"" help:"The command, such as: user add."`
	} `cmd:"" help:"Print the help of a command, or of the program."`
}

type importCommand struct {
	Kind   string `arg:"" help:"Kind of the records, see above."`
	File   string `arg:"" help:"The file; - is standard input."`
	DryRun bool   `env:"-" help:"Store nothing; count what would be added and changed."`
}

type exportCommand struct {
	Kind string `arg:"" help:"Kind of the records, see above."`
}

// Run runs one command line and returns the exit status: 0 for success, 1 for a failure, 2 for a wrong
// command line, 3 for a send that did not reach the end of the file.
func Run(ctx context.Context, args []string, env Env) int {
	var p cli
	parser, err := newParser(&p, env)
	if err != nil {
		fmt.Fprintln(env.Stderr, err)
		return 2
	}
	line := readArguments(parser, args)
	switch {
	case line.help && !line.unknown:
		printHelp(parser, line)
		return 0
	case line.version:
		printVersion(env.Stdout, env.Build)
		return 0
	}
	run, err := p.command(parser, line)
	mistakes := append(line.mistakes, unknownVariables(os.Environ(), parser.Model), err)
	if err = errors.Join(mistakes...); err != nil {
		printMistakes(env.Stderr, line, err)
		return 2
	}
	if err := run(ctx, env); err != nil {
		printWithin(logFlushTimeout, env.Stderr, fmt.Sprintf("customer-events: %v\n", err))
		var own *exitError
		if errors.As(err, &own) {
			return own.status
		}
		return 1
	}
	return 0
}

// newParser returns a parser that fills in a cli, and prints nothing by itself but help.
func newParser(p *cli, env Env) (*kong.Kong, error) {
	parser, err := kong.New(p, kong.Name("customer-events"), kong.DefaultEnvars("CRM"),
		kong.Description(description), kong.Writers(env.Stdout, env.Stderr), kong.Exit(func(int) {}),
		kong.ExplicitGroups(helpGroups()), kong.Vars{"unit_help": unitHelp},
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100, FlagsLast: true}))
	if err == nil {
		addTexts(parser.Model)
	}
	return parser, err
}

// command runs a command.
type command func(context.Context, Env) error

// configCommand runs a command that opens the database itself.
type configCommand func(context.Context, config, Env) error

// command parses the arguments and returns the function that runs the command. The error has every mistake
// that readArguments cannot find.
func (p *cli) command(parser *kong.Kong, line commandLine) (command, error) {
	if _, err := parser.Parse(line.accepted); err != nil {
		return nil, err
	}
	if line.incomplete { // only the options at the root can be checked
		_, err := p.options.config(line.command)
		return nil, err
	}
	withConfig := func(run configCommand) (command, error) {
		c, err := p.options.config(line.command)
		return func(ctx context.Context, env Env) error { return run(ctx, c, env) }, err
	}
	switch line.command {
	case "version":
		return func(_ context.Context, env Env) error { printVersion(env.Stdout, env.Build); return nil }, nil
	case "licenses":
		return func(_ context.Context, env Env) error {
			_, err := io.WriteString(env.Stdout, env.Build.Licenses)
			return err
		}, nil
	case "send":
		c, err := p.Send.config()
		return func(ctx context.Context, env Env) error { return sendFile(ctx, c, env) }, err
	case "migrate":
		return withConfig(migrate)
	case "user add":
		return withConfig(p.User.Add.run)
	case "user password":
		return withConfig(p.User.Password.run)
	case "user units":
		run, err := withConfig(p.User.Units.run)
		return run, errors.Join(p.User.Units.check(), err)
	case "user disable":
		return withConfig(p.User.Disable.run)
	case "user enable":
		return withConfig(p.User.Enable.run)
	case "user delete":
		return withConfig(p.User.Delete.run)
	case "user list":
		return withConfig(listUsers)
	case "import":
		run, err := withConfig(p.Import.run)
		return run, errors.Join(checkKind(p.Import.Kind), err)
	case "export":
		run, err := withConfig(p.Export.run)
		return run, errors.Join(checkKind(p.Export.Kind), err)
	}
	return withConfig(serve)
}

// printMistakes prints everything that is wrong with a command line.
func printMistakes(to io.Writer, line commandLine, mistakes error) {
	program, what := "customer-events", "cannot start"
	if line.command != "serve" {
		program, what = strings.TrimSpace("customer-events "+line.command), "cannot run"
	}
	fmt.Fprintf(to, "%s %s:\n%s\nSee \"%s --help\".\n", program, what, indented(mistakes.Error()), program)
}

func indented(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

func printVersion(to io.Writer, build Build) {
	fmt.Fprintf(to, "customer-events %s\ncommit %s\n%s\n", build.Version, build.revision(), runtime.Version())
}
