package sender

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// read reads the state, and the file for the first time.
func (r *run) read(ctx context.Context) error {
	saved, err := loadState(&r.Options)
	if err != nil {
		return err
	}
	known, err := saved.grown(r.file)
	if err == nil {
		err = r.file.count(ctx, known)
	}
	if err != nil && saved != nil && ctx.Err() == nil { // it could be read to its end before
		return fmt.Errorf("%w: %w", err, saved.changed(&r.Options))
	}
	if err == nil {
		r.state, err = saved.fit(&r.Options, r.file)
	}
	return err
}

// tell tells people something at once, unless it is empty; note is for the goroutines of calls.
func (r *run) tell(text string) {
	if text != "" {
		r.bar.Clear()
		fmt.Fprintln(r.Report, text)
	}
}

// ending is how long requests under way are still waited for when the run is to end.
const ending = 6 * time.Second

// requests is the context of requests. A server that is silent must not hold up the end of a run for long: what becomes of the
// calls under way is asked when the run goes on.
func requests(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(ending):
			cancel()
		case <-work.Done():
		}
	})
	return work, func() { stop(); cancel() }
}

// wait waits until a call has ended, and shows what is waited for meanwhile.
func (r *run) wait(call *call) {
	for {
		select {
		case <-call.done:
			return
		case note := <-r.notes:
			r.tell(note)
		}
	}
}

// report tells people something, while the run lasts.
func (r *run) report(text string) {
	select {
	case r.notes <- text:
	case <-r.done:
	}
}

var errInterrupted = errors.New("interrupted")

// interrupted ends a run before the file's end, and says how to go on.
func (r *run) interrupted(err error) error {
	if errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	var stale *fileChangedError
	if errors.As(err, &stale) {
		return err
	}
	return fmt.Errorf("%w: %d of %d events are done, the same command goes on from there", err, r.state.Done, r.file.rows)
}
