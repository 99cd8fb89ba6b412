package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"golang.org/x/term"

	"customer-events/internal/sender"
	"customer-events/models"
)

// sendOptions are the options of send. It is a client and needs none of the server's options.
type sendOptions struct {
	File     string `arg:"" help:"An NDJSON file with one WebCustomerEventInput per line, or a CSV file with a header line."`
	Server   string `default:"http://127.0.0.1:8080/graphql" placeholder:"URL" help:"The server's GraphQL address. (default: http://127.0.0.1:8080/graphql)"`
	Username string `placeholder:"NAME" help:"The API user to log in as. Reads the password from a prompt or standard input."`
	Patience string `default:"10m" placeholder:"DURATION" help:"How long send keeps retrying a call while the server is unreachable or overloaded; at most 24h. (default: 10m)"`
}

// maxRetryTimeout is well below the retention time of idempotency keys.
const maxRetryTimeout = 24 * time.Hour

// config checks the options and reports every mistake.
func (o sendOptions) config() (sender.Options, error) {
	c := sender.Options{File: o.File, Server: o.Server, Username: o.Username}
	var wrong []error
	// A password in the address would appear wherever the address is printed.
	if at, err := url.Parse(o.Server); err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" || at.User != nil {
		wrong = append(wrong, errors.New("server is not valid: write http:// or https://, host and path, without a user, such as http://127.0.0.1:8080/graphql"))
	}
	if o.Username == "" {
		wrong = append(wrong, errors.New("username is missing: write --username NAME, the API user to log in as"))
	}
	var err error
	if c.RetryTimeout, err = duration("patience", o.Patience); err == nil && c.RetryTimeout > maxRetryTimeout {
		err = fmt.Errorf("patience (%s) is not valid: write at most %s", o.Patience, maxRetryTimeout)
	}
	if err != nil {
		wrong = append(wrong, err)
	}
	return c, errors.Join(wrong...)
}

// exitIncomplete is the exit status of a send that did not reach the end of the file. Running the same command again
// continues it. A send that reached the end with rejected events has status 1, a wrong command line status 2.
const exitIncomplete = 3

// exitError is an error with an exit status of its own.
type exitError struct {
	error
	status int
}

func (e *exitError) Unwrap() error { return e.error }

func sendFile(ctx context.Context, options sender.Options, env Env) error {
	if _, err := os.Stat(options.File); err != nil { // before the user types a password for nothing
		return &exitError{fmt.Errorf("opening the file to send: %w", err), exitIncomplete}
	}
	password, err := passwordFor(ctx, env)
	if err == nil && password == "" {
		err = errors.New("the password is missing: type it, or give it on standard input")
	}
	if err != nil {
		return &exitError{err, exitIncomplete}
	}
	options.Password = password
	options.Report = env.Stderr
	if terminal, ok := env.Stderr.(*os.File); ok && term.IsTerminal(int(terminal.Fd())) {
		options.Progress = terminal
	}
	start := time.Now()
	result, err := sender.Send(ctx, options)
	fmt.Fprintf(env.Stdout, "%d of %d events are done: %d processed (%s), %d rejected, in %s\n",
		result.Done, result.Events, result.Processed, replays(result.Replayed), result.Rejected,
		models.FormatDuration(time.Since(start).Round(time.Millisecond)))
	switch {
	case err != nil:
		return &exitError{err, exitIncomplete}
	case result.Rejected > 0:
		return fmt.Errorf("some events were rejected, see %s.rejected.ndjson: correct them and send them as a new file", options.File)
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
