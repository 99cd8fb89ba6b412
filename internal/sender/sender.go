package sender

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"customer-events/internal/tabular"
	"customer-events/models"
)

// Options configure a run.
type Options struct {
	File string // CSV with a header line, or NDJSON
	// Server is the address of the GraphQL endpoint.
	Server             string
	Username, Password string
	// AskPassword returns the password, if it is not nil. Send calls it once it has read the file, so that no
	// user types a password for a file that cannot be sent.
	AskPassword func(context.Context) (string, error)
	// Authorities signed the server's certificate; nil means those of the system.
	Authorities *x509.CertPool
	// Check asks the server what it would do with the events, and stores nothing: neither on the server, nor
	// the progress of the file.
	Check bool
	// RetryTimeout is how long the run repeats a call that the server does not accept. It must be less than
	// the lifetime of an idempotency key.
	RetryTimeout time.Duration
	// Report gets messages, such as the reason of a wait. Progress gets a progress bar; nil means none.
	Report, Progress io.Writer
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	transport http.RoundTripper // set by tests; nil means the network
}

// Result counts the events of the file with a final result, including those of earlier runs. Done =
// Processed + Rejected; Processed includes Replayed.
type Result struct {
	Events, Done, Processed, Replayed, Rejected int
}

const (
	// maxInFlight is the maximum number of calls in flight, so that the server can read the next while it
	// writes one.
	maxInFlight = 4
	// idempotencyTTL is the guaranteed lifetime of an idempotency key, 72 hours, less an hour for differing
	// clocks.
	idempotencyTTL = 71 * time.Hour
)

// run is the state of one call of Send.
type run struct {
	Options
	file       *file
	state      *state
	rejected   rejectedWriter
	client     *client
	query      query
	bar        *tabular.Progress
	notes      chan string // messages to print while the run waits for a call
	done       chan struct{}
	lastReport atomic.Int64 // the time of the last report of a wait
	pending    []*call      // in flight, in the file's order
	// outcomeUnknown is how many of the next calls an earlier run may have stored under keys that the server
	// no longer knows. Until they are done, the state keeps the time since which they have been in flight.
	outcomeUnknown int
	// resumed is how many of the next calls an earlier run may have sent; since is the time of the first of
	// them.
	resumed int
	since   time.Time
	// work is the context of requests. It ends some time after the run's own context, so that calls can
	// finish.
	work context.Context
	// listed is the number of rejected events so far in this run.
	listed int
}

// Send sends a file from its beginning, or from where an earlier run ended. Rejected events are not an
// error. After an error, another call with the same options continues.
func Send(ctx context.Context, options Options) (result Result, err error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Report == nil {
		options.Report = io.Discard
	}
	r := &run{
		Options: options,
		client:  newClient(options),
		query:   createQuery,
		notes:   make(chan string),
		done:    make(chan struct{}),
	}
	if r.file, err = openFile(options.File); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, r.file.close()) }()
	if options.Check {
		r.query = checkQuery
	} else {
		held, err := lock(options.File)
		if err != nil {
			return result, err
		}
		defer func() { err = errors.Join(err, held.Unlock()) }()
	}
	if err := r.prepare(ctx); err != nil {
		if errors.Is(err, context.Canceled) {
			err = errInterrupted
		}
		return result, err
	}
	defer func() { result = r.state.result() }()
	if r.file.rows == 0 {
		return result, nil
	}
	if r.state.Done == r.file.rows {
		if change := r.file.change(); change != "" {
			r.print(fmt.Sprintf("%s has been sent already, nothing is sent now", options.File))
			r.print(change)
		} else {
			r.print(fmt.Sprintf("%s has been sent already, nothing is sent now (%s)", options.File,
				r.state.restartHint(&options)))
		}
		r.printRejected(r.File + r.file.rejected.extension())
		return result, nil
	}
	if options.AskPassword != nil {
		if r.client.password, err = options.AskPassword(ctx); err != nil {
			return result, err
		}
	}
	if err := r.open(); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, r.rejected.close()) }()
	switch whole, err := r.file.skip(ctx, r.state.Done); {
	case err != nil:
		return result, err
	case !whole:
		return result, r.state.damagedError(&options)
	}
	if since := r.state.UnderWaySince; since != nil {
		r.resumed, r.since = maxInFlight, *since
		// A negative age means that the clock was set back, so that the age is unknown.
		if age := options.Now().Sub(*since); age > idempotencyTTL || age < -time.Hour {
			r.outcomeUnknown = maxInFlight
		}
	}
	r.bar = tabular.NewProgress(options.Progress, "events", int64(r.file.rows-r.state.Done), "events")
	defer r.bar.End()
	return result, r.sendAll(ctx)
}

// sendAll sends the rest of the file.
func (r *run) sendAll(ctx context.Context) error {
	work, done := requestContext(ctx)
	defer done()
	r.work = work
	calls, stop := context.WithCancel(ctx) // ends the waits of the calls in flight
	defer stop()
	defer close(r.done)
	defer context.AfterFunc(ctx, func() {
		r.report(fmt.Sprintf("stopping: waiting at most %s for the calls in flight",
			models.FormatDuration(shutdownTimeout)))
	})()
	login := &call{done: make(chan struct{})}
	go func() {
		defer close(login.done)
		login.err = r.retry(ctx, "logging in", r.client.login)
	}()
	if r.wait(login); login.err != nil {
		return r.interrupted(login.err)
	}
	defer r.client.logout(work)
	begun := r.state.Done
	var end error
	for {
		for end == nil && len(r.pending) < maxInFlight {
			if end = ctx.Err(); end != nil {
				break
			}
			var next *call
			if next, end = r.file.next(); end != nil {
				break
			}
			if r.outcomeUnknown > 0 {
				r.outcomeUnknown--
				next.rejectUnknownOutcome()
			}
			next.started = r.Now()
			if err := r.start(calls, next); err != nil {
				end = err
			}
		}
		if len(r.pending) == 0 {
			break
		}
		first := r.pending[0]
		r.wait(first)
		if first.err == nil {
			first.err = r.checkpoint(first)
		}
		if first.err != nil {
			stop()
			for _, call := range r.pending {
				r.wait(call)
			}
			return r.interrupted(first.err)
		}
		r.bar.Set(int64(r.state.Done - begun))
	}
	if end == io.EOF {
		return r.finish()
	}
	if r.resumed == 0 && r.state.UnderWaySince != nil { // all calls have a result
		r.state.UnderWaySince = nil
		if err := r.state.save(); err != nil {
			end = err
		}
	}
	return r.interrupted(end)
}
