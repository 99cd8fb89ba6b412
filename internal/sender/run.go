package sender

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// prepare reads the state, and makes the first pass over the file.
func (r *run) prepare(ctx context.Context) error {
	var saved *state
	if !r.Check {
		var err error
		if saved, err = loadState(&r.Options); err != nil {
			return err
		}
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
	if err == nil && r.Check {
		r.state.path = ""
	}
	return err
}

// open opens the file of rejected events.
func (r *run) open() (err error) {
	if r.Check {
		r.rejected = &checkedFile{
			path:   r.File + r.file.rejected.extension(),
			format: r.file.rejected,
			note:   r.print,
		}
		return nil
	}
	r.rejected, err = openRejected(r.File, r.file.rejected, r.state, r.print)
	return err
}

// maxListed is how many rejected events a run shows; the file of rejected events has all.
const maxListed = 20

// list shows the rejected events of a call.
func (r *run) list(c *call) {
	checked, _ := r.rejected.(*checkedFile)
	for i := range c.items {
		it := &c.items[i]
		if it.rejected == nil {
			continue
		}
		r.listed++
		if r.listed <= maxListed || checked != nil && checked.failed {
			reason := strings.TrimPrefix(it.rejected.reason(), notAnEvent(it.line))
			r.print(fmt.Sprintf("line %d: %s", it.line, printable(reason)))
		}
	}
}

// finish ends a run that has reached the end of the file.
func (r *run) finish() error {
	r.bar.Full()
	path := r.File + r.file.rejected.extension()
	if checked, ok := r.rejected.(*checkedFile); ok {
		var err error
		if path, err = checked.finish(r.File + ".sent"); err != nil {
			return fmt.Errorf("writing the rejected events: %w", err)
		}
	}
	if r.listed > maxListed && path != "" {
		r.print(fmt.Sprintf("and %d more", r.listed-maxListed))
	}
	r.printRejected(path)
	r.print(r.file.change())
	return nil
}

// printRejected says where the rejected events are, if there are any, and what to do.
func (r *run) printRejected(path string) {
	switch {
	case r.state.Rejected == 0 || path == "":
	case r.Check:
		r.print(fmt.Sprintf("the events that would be rejected are in %s: correct them in %s", path, r.File))
	default:
		r.print(fmt.Sprintf("the rejected events are in %s: correct them there, and send that file", path))
	}
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
	if r.Check {
		return fmt.Errorf("%w: %d of %d events are checked", err, r.state.Done, r.file.rows)
	}
	return fmt.Errorf("%w: %d of %d events are done, the same command goes on from there", err, r.state.Done,
		r.file.rows)
}
