package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"customer-events/internal/sender"
)

// sendOptions are the options of send. It is a client and needs none of the server's options.
type sendOptions struct {
	File     string `arg:"" help:"A CSV file with a header line, or NDJSON with an event per line."`
	Server   string `default:"http://127.0.0.1:8080/graphql" placeholder:"URL" help:"${send_server}"`
	Username string `placeholder:"NAME" help:"${send_username}"`
	CACert   string `name:"ca-cert" placeholder:"FILE" help:"${send_ca_cert}"`
	Check    bool   `env:"-" help:"${send_check}"`
	Patience string `default:"10m" placeholder:"DURATION" help:"${send_patience}"`
}

// sendHelp has the texts of --help that do not fit into a tag.
var sendHelp = kong.Vars{
	"send": "Send a file of events of any length to a running server. Continues where it was interrupted. " +
		"Rejected events go to FILE.rejected.csv or FILE.rejected.ndjson: correct them there and send that " +
		"file. Exit status: 0 all events are processed, 1 some were rejected, 2 the command line is wrong, " +
		"3 it failed or was interrupted (run the same command to continue).",
	"send_server": "The server's address; /graphql is added to an address without a path. " +
		"(default: http://127.0.0.1:8080/graphql)",
	"send_username": "The API user to log in as. Reads the password from a prompt or standard input.",
	"send_ca_cert": "Certificates (PEM) of authorities to trust, beside those of the system, when the " +
		"server has a certificate of your own.",
	"send_check": "Store nothing; show which events the server would reject, and why.",
	"send_patience": "How long send keeps retrying a call while the server is unreachable or overloaded; " +
		"at most 24h. (default: 10m)",
}

// maxRetryTimeout is well below the retention time of idempotency keys.
const maxRetryTimeout = 24 * time.Hour

// config checks the options and reports every mistake.
func (o sendOptions) config() (sender.Options, error) {
	c := sender.Options{File: o.File, Username: o.Username, Check: o.Check}
	var faults [4]error
	c.Server, faults[0] = serverAddress(o.Server)
	if o.Username == "" {
		faults[1] = errors.New("username is missing: write --username NAME, the API user to log in as")
	}
	c.Authorities, faults[2] = authorities(o.CACert)
	c.RetryTimeout, faults[3] = duration("patience", o.Patience)
	if c.RetryTimeout > maxRetryTimeout {
		faults[3] = fmt.Errorf("patience (%s) is not valid: write at most %s", o.Patience, maxRetryTimeout)
	}
	return c, errors.Join(faults[:]...)
}

// exitIncomplete is the exit status of a send that did not reach the end of the file. Running the same
// command again continues it. A send that reached the end with rejected events has status 1, a wrong command
// line status 2.
const exitIncomplete = 3

// exitError is an error with an exit status of its own.
type exitError struct {
	error
	status int
}

func (e *exitError) Unwrap() error { return e.error }

func sendFile(ctx context.Context, options sender.Options, env Env) error {
	options.AskPassword = func(ctx context.Context) (string, error) {
		password, err := passwordFor(ctx, env)
		if err == nil && password == "" {
			err = errors.New("the password is missing: type it, or give it on standard input")
		}
		return password, err
	}
	options.Report = env.Stderr
	if terminal, ok := env.Stderr.(*os.File); ok && term.IsTerminal(int(terminal.Fd())) {
		options.Progress = terminal
	}
	start := time.Now()
	result, err := sender.Send(ctx, options)
	if err == nil || result.Done > 0 {
		done := "done:"
		if options.Check {
			done = "checked, nothing was stored; sending them would give:"
		}
		fmt.Fprintf(env.Stdout, "%d of %d events are %s %d processed (%s), %d rejected, in %s\n",
			result.Done, result.Events, done, result.Processed, replays(result.Replayed), result.Rejected,
			time.Since(start).Round(time.Millisecond))
	}
	switch {
	case err != nil:
		return &exitError{err, exitIncomplete}
	case result.Rejected > 0 && options.Check:
		return errors.New("some events would be rejected")
	case result.Rejected > 0:
		return errors.New("some events were rejected")
	}
	return nil
}

// replays says how many of the processed events were replays.
func replays(n int) string {
	if n == 0 {
		return "none of them a replay"
	}
	return fmt.Sprintf("%d of them replays", n)
}

// passwordFor reads the password, and stops waiting for it when the context ends.
func passwordFor(ctx context.Context, env Env) (string, error) {
	terminal, ok := env.Stdin.(*os.File)
	var before *term.State
	if ok && term.IsTerminal(int(terminal.Fd())) {
		before, _ = term.GetState(int(terminal.Fd()))
	}
	type read struct {
		password string
		err      error
	}
	done := make(chan read, 1)
	go func() {
		password, err := readPassword(env)
		done <- read{password, err}
	}()
	select {
	case r := <-done:
		return r.password, r.err
	case <-ctx.Done():
		if before != nil { // turn the echo on again
			_ = term.Restore(int(terminal.Fd()), before)
		}
		return "", errors.New("interrupted before the password was given: nothing was sent")
	}
}
