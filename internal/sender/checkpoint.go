package sender

import "context"

// start starts a call. Before that, it records in the state that calls are in flight.
func (r *run) start(ctx context.Context, next *call) error {
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

// checkpoint records the result of the first call in flight: first its rejected events, then the state.
func (r *run) checkpoint(first *call) error {
	r.pending = r.pending[1:]
	if err := r.rejected.add(first); err != nil {
		return err
	}
	r.list(first)
	s := r.state
	s.Done += len(first.items)
	s.Processed += first.processed
	s.Replayed += first.replayed
	s.Rejected += len(first.items) - first.processed
	since := r.Now() // no later than the start of the next call
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
