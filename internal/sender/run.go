package sender

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// prepare reads the state, and makes the first pass over the file.
func (r *run) prepare(ctx context.Context) error {
	saved, err := loadState(&r.Options)
	if err != nil {
		return err
	}
	known, err := saved.knownBytes(r.file)
	if err == nil {
		err = r.file.count(ctx, known)
	}
	if err != nil && saved != nil && ctx.Err() == nil { // an earlier run could read it to its end
		return fmt.Errorf("%w: %w", err, saved.changedError(&r.Options))
	}
	if err == nil {
		r.state, err = saved.match(&r.Options, r.file)
	}
	return err
}

// print writes a message at once, unless it is empty. Only the run's own goroutine may call it; the others
// call report.
func (r *run) print(text string) {
	if text != "" {
		r.bar.Clear()
		fmt.Fprintln(r.Report, text)
	}
}

// shutdownTimeout is how long a run waits for open requests after it was interrupted.
const shutdownTimeout = 6 * time.Second

// requestContext returns a context for requests, which ends shutdownTimeout after ctx. A server that does
// not respond must not delay the end of a run for long; the next run finds out the results of the open
// calls.
func requestContext(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(shutdownTimeout):
			cancel()
		case <-work.Done():
		}
	})
	return work, func() { stop(); cancel() }
}

// wait waits until a call is done, and prints the reports meanwhile.
func (r *run) wait(call *call) {
	for {
		select {
		case <-call.done:
			return
		case note := <-r.notes:
			r.print(note)
		}
	}
}

// report passes a message to wait, unless the run has ended.
func (r *run) report(text string) {
	select {
	case r.notes <- text:
	case <-r.done:
	}
}

var errInterrupted = errors.New("interrupted")

// interrupted returns the error of a run that ends before the end of the file, with the progress and how to
// continue.
func (r *run) interrupted(err error) error {
	if errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	var changed *fileChangedError
	if errors.As(err, &changed) {
		return err
	}
	return fmt.Errorf("%w: %d of %d events are done, the same command goes on from there", err, r.state.Done,
		r.file.rows)
}
