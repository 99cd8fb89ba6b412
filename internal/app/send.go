package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"customer-events/internal/sender"
	"customer-events/models"
)

// sendOptions are the options of send. It is a client and needs none of the server's options.
type sendOptions struct {
	File     string `arg:"" help:"A CSV file with a header line, or NDJSON with an event per line."`
	Server   string `default:"http://127.0.0.1:8080/graphql" help:"The server; a bare address gets /graphql."`
	Username string `placeholder:"NAME" help:"The API user; send reads the password from a prompt or stdin."`
	CACert   string `name:"ca-cert" placeholder:"FILE" help:"PEM certificates to trust beside the system's."`
	Check    bool   `env:"-" help:"Store nothing; show which events would be rejected, and why."`
	Patience string `default:"10m" help:"How long to retry while the server does not respond; at most 24h."`
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
		password, err := readPassword(ctx, env, "nothing was sent", nil)
		if err == nil && password == "" {
			err = errors.New("the password is missing: type it, or give it on standard input")
		}
		return password, err
	}
	options.Report, options.Progress = env.Stderr, terminalOrNil(env.Stderr)
	start := time.Now()
	result, err := sender.Send(ctx, options)
	if err == nil || result.Done > 0 {
		done := "done:"
		if options.Check {
			done = "checked, nothing was stored; sending them would give:"
		}
		fmt.Fprintf(env.Stdout, "%d of %d events are %s %d processed (%s), %d rejected, in %s\n",
			result.Done, result.Events, done, result.Processed, replays(result.Replayed), result.Rejected,
			models.FormatDuration(time.Since(start).Round(time.Millisecond)))
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
