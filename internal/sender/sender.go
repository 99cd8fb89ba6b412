package sender

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"customer-events/internal/tabular"
)

// Options say what to send, and where.
type Options struct {
	File string // CSV with a header line, or NDJSON
	// Server is the address of the GraphQL endpoint.
	Server             string
	Username, Password string
	// RetryTimeout is how long a call is sent again that the server does not let through; less than keyLife.
	RetryTimeout time.Duration
	// Report gets lines for people: what is waited for. Progress gets a progress bar, nil means none.
	Report, Progress io.Writer
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	transport http.RoundTripper // the tests' own; nil means the network
}

// Result counts the events of the file that have been dealt with, also by earlier runs. Done = Processed + Rejected, Replayed are
// among the processed.
type Result struct {
	Events, Done, Processed, Replayed, Rejected int
}

const (
	// maxInFlight is how many calls are under way at once: while the server writes one it reads the next.
	maxInFlight = 4
	// idempotencyTTL is how long the server is sure to keep idempotency keys, 72 hours, less an hour for clocks.
	idempotencyTTL = 71 * time.Hour
)

// run is one run of a sending.
type run struct {
	Options
	file       *file
	state      *state
	rejected   *rejectedFile
	client     *client
	bar        *tabular.Progress
	notes      chan string // for people, while a call is awaited
	done       chan struct{}
	lastReport atomic.Int64 // when a wait was last noted
	pending    []*call      // under way, in the file's order
	// outcomeUnknown is how many of the next calls may have been stored in the past, under keys that the server no longer knows;
	// until they are through, the state goes on to say since when that is so.
	outcomeUnknown int
	// resumed is how many of the next calls may have been sent by an earlier run; since is when the first of them was.
	resumed int
	since   time.Time
	// work is the context of requests: it ends some time after the run's own, so that what is under way can be finished.
	work context.Context
}

// Send sends a file from where it was left, or from its beginning. That events were rejected is no error. After an error the same
// again goes on.
func Send(ctx context.Context, options Options) (result Result, err error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Report == nil {
		options.Report = io.Discard
	}
	r := &run{Options: options, client: newClient(options), notes: make(chan string), done: make(chan struct{})}
	if r.file, err = openFile(options.File); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, r.file.close()) }()
	held, err := lock(options.File)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, held.Unlock()) }()
	if err := r.read(ctx); err != nil {
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
			r.tell(fmt.Sprintf("%s has been sent already, nothing is sent now", options.File))
			r.tell(change)
		} else {
			r.tell(fmt.Sprintf("%s has been sent already, nothing is sent now (%s)", options.File, r.state.again(&options)))
		}
		return result, nil
	}
	if r.rejected, err = openRejected(options.File, r.state, r.tell); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, r.rejected.close()) }()
	switch whole, err := r.file.skip(ctx, r.state.Done); {
	case err != nil:
		return result, err
	case !whole:
		return result, r.state.damaged(&options)
	}
	if since := r.state.UnderWaySince; since != nil {
		r.resumed, r.since = maxInFlight, *since
		if age := options.Now().Sub(*since); age > idempotencyTTL || age < -time.Hour { // or the clock was set back, and tells nothing
			r.outcomeUnknown = maxInFlight
		}
	}
	r.bar = tabular.NewProgress(options.Progress, "events", int64(r.file.rows-r.state.Done), "events")
	defer r.bar.End()
	return result, r.all(ctx)
}

// all sends what is left of the file.
func (r *run) all(ctx context.Context) error {
	work, done := requests(ctx)
	defer done()
	r.work = work
	calls, stop := context.WithCancel(ctx) // ends the waiting of the calls under way
	defer stop()
	defer close(r.done)
	defer context.AfterFunc(ctx, func() {
		r.report(fmt.Sprintf("ending: the calls under way are finished first, for %s at most", ending))
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
			if err := r.begin(calls, next); err != nil {
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
		r.bar.Full()
		r.tell(r.file.change())
		return nil
	}
	if r.resumed == 0 && r.state.UnderWaySince != nil { // everything begun has been answered
		r.state.UnderWaySince = nil
		if err := r.state.save(); err != nil {
			end = err
		}
	}
	return r.interrupted(end)
}

// begin begins a call. The state on the disk already says that calls are under way.
func (r *run) begin(ctx context.Context, next *call) error {
	if r.state.UnderWaySince == nil {
		r.state.UnderWaySince = &next.started
		if err := r.state.save(); err != nil {
			return err
		}
	}
	r.pending = append(r.pending, next)
	go func() {
		defer close(next.done)
		next.err = r.send(ctx, next)
	}()
	return nil
}

// checkpoint notes what has become of the first call under way: its rejected events first, then the state that counts them.
func (r *run) checkpoint(first *call) error {
	r.pending = r.pending[1:]
	if err := r.rejected.add(first); err != nil {
		return err
	}
	s := r.state
	s.Done += len(first.items)
	s.Processed += first.processed
	s.Replayed += first.replayed
	s.Rejected += len(first.items) - first.processed
	since := r.Now() // when the next call begins, at the earliest
	if len(r.pending) > 0 {
		since = r.pending[0].started
	}
	if r.resumed = max(0, r.resumed-1); r.resumed > 0 {
		since = r.since
	}
	if s.UnderWaySince = &since; s.Done == r.file.rows {
		s.UnderWaySince = nil
	}
	return s.save()
}
