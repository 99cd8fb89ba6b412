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
)

// sendOptions are the options of send, which is a client: it needs none of the server's.
type sendOptions struct {
	File     string `arg:"" help:"An NDJSON file, one WebCustomerEventInput a line, or CSV with a header line."`
	Server   string `default:"http://127.0.0.1:8080/graphql" placeholder:"URL" help:"The address of the server's GraphQL. (default: http://127.0.0.1:8080/graphql)"`
	Username string `placeholder:"NAME" help:"The API user to log in as. The password is asked for, or read from standard input."`
	Patience string `default:"10m" placeholder:"DURATION" help:"How long a call is sent again that the server does not let through, 24h at the most. (default: 10m)"`
}

// maxRetryTimeout is well below the life of idempotency keys.
const maxRetryTimeout = 24 * time.Hour

// config checks the options and tells everything that is wrong with them.
func (o sendOptions) config() (sender.Options, error) {
	c := sender.Options{File: o.File, Server: o.Server, Username: o.Username}
	var wrong []error
	// A password in the address would be shown wherever the address is.
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

// exitIncomplete is the exit status of a send that has not come to the file's end. It is another than that of one that has, with
// events rejected (1), and of a wrong command line (2): after it the same command may go on, after the others it need not.
const exitIncomplete = 3

// exitError ends the program with a status of its own.
type exitError struct {
	error
	status int
}

func (e *exitError) Unwrap() error { return e.error }

func sendFile(ctx context.Context, options sender.Options, env Env) error {
	if _, err := os.Stat(options.File); err != nil { // before anybody types a password for nothing
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
	fmt.Fprintf(env.Stdout, "%d of %d events are done: %d processed (%d of them had been before), %d rejected, in %s\n",
		result.Done, result.Events, result.Processed, result.Replayed, result.Rejected, time.Since(start).Round(time.Millisecond))
	switch {
	case err != nil:
		return &exitError{err, exitIncomplete}
	case result.Rejected > 0:
		return fmt.Errorf("some events were rejected, see %s.rejected.ndjson: correct them and send them as a file of their own", options.File)
	}
	return nil
}

// passwordFor reads the password, and stops waiting for it when the program is to end.
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
		if before != nil { // what is typed is shown again
			_ = term.Restore(int(terminal.Fd()), before)
		}
		return "", errors.New("interrupted before the password was given: nothing was sent")
	}
}
