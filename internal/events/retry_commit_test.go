package events_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/models"
)

// The response to a COMMIT is lost. Whether it had succeeded or not, and whatever errors follow, the events
// are recorded once, with the returned numbers, and are no replays.
func TestLostCommit_OneEffect(t *testing.T) {
	t.Parallel()
	for name, between := range map[string][]error{
		"no further error":         nil,
		"unknown again":            {models.ErrCommitUnknown, models.ErrCommitUnknown},
		"aborted meanwhile":        {models.ErrAborted},
		"unavailable meanwhile":    {models.ErrUnavailable, models.ErrUnavailable},
		"in progress by ourselves": {models.ErrInProgress},
		"something else":           {errors.New("the driver says something new")},
		"all of them": {
			models.ErrUnavailable,
			models.ErrCommitUnknown,
			models.ErrInProgress,
			models.ErrAborted,
		},
	} {
		for _, written := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, written %v", name, written), func(t *testing.T) {
				withAndWithoutKey(t, func(t *testing.T, key string) {
					s := newTestService(t)
					f := s.withFaultyStore(func(try int, write func() error) error {
						switch {
						case try == 1:
							if written {
								if err := write(); err != nil {
									t.Error(err)
								}
							}
							return fmt.Errorf("COMMIT: the connection was lost: %w", models.ErrCommitUnknown)
						case try-2 < len(between):
							return between[try-2]
						}
						return write()
					})
					out := s.createWithKey(t, key, threeEvents()...)
					mustProcess(t, out, false, false, false)
					s.mustMatchStore(t, out)
					f.mustHaveWrittenTheSame(t, 2+len(between))
				})
			})
		}
	}
}

// A call without valid events is recorded as well. It cannot be distinguished from a concurrent one, so the
// store returns ErrConflict.
func TestLostCommit_NoEvents(t *testing.T) {
	t.Parallel()
	for _, written := range []bool{true, false} {
		s := newTestService(t)
		s.withFaultyStore(func(try int, write func() error) error {
			if try > 1 || written {
				if err := write(); try > 1 {
					return err
				}
			}
			return models.ErrCommitUnknown
		})
		bad := minimalEvent().with("website", "7")
		if out := s.createWithKey(t, "key", bad); out.Summary.Unprocessed != 1 {
			t.Errorf("written %v: %+v", written, out)
		}
		request := s.request(t, "key", minimalEvent())
		if _, err := s.CreateWebCustomerEvents(t.Context(), request); !errors.Is(err, events.ErrKeyReused) {
			t.Errorf("written %v: %v, want ErrKeyReused", written, err)
		}
	}
}

func TestLostCommit_StaysUnknown(t *testing.T) {
	t.Parallel()
	for _, written := range []bool{true, false} {
		for _, then := range []error{
			models.ErrCommitUnknown,
			models.ErrAborted,
			models.ErrUnavailable,
			models.ErrInProgress,
			errors.New("something new"),
		} {
			t.Run(fmt.Sprintf("written %v, then %v", written, then), func(t *testing.T) {
				t.Parallel()
				s := newTestService(t)
				s.RetryTimeout = 100 * time.Millisecond
				s.withFaultyStore(func(try int, write func() error) error {
					if try > 1 {
						return then
					}
					if written {
						if err := write(); err != nil {
							t.Error(err)
						}
					}
					return models.ErrCommitUnknown
				})
				_, err := s.CreateWebCustomerEvents(t.Context(), s.request(t, "key", threeEvents()...))
				// The error must not be one that claims that nothing was stored.
				if !errors.Is(err, events.ErrOutcomeUnknown) || errors.Is(err, events.ErrUnavailable) ||
					errors.Is(err, models.ErrInProgress) ||
					errors.Is(err, models.ErrUnavailable) {
					t.Errorf("%v, want ErrOutcomeUnknown and no other", err)
				}
				// Sending again with the same key shows the outcome, as the text of the error says.
				s.Store = s.memory
				out := s.createWithKey(t, "key", threeEvents()...)
				mustProcess(t, out, written, written, written)
				s.mustMatchStore(t, out)
			})
		}
	}
}

func TestLostCommit_CallerDisconnects(t *testing.T) {
	t.Parallel()
	for _, written := range []bool{true, false} {
		s := newTestService(t)
		ctx, cancel := context.WithCancel(t.Context())
		s.withFaultyStore(func(try int, write func() error) error {
			if try > 1 {
				return write()
			}
			if written {
				if err := write(); err != nil {
					t.Error(err)
				}
			}
			cancel()
			return models.ErrCommitUnknown
		})
		out, err := s.CreateWebCustomerEvents(ctx, s.request(t, "", threeEvents()...))
		if err != nil {
			t.Fatal(err)
		}
		mustProcess(t, out, false, false, false)
		s.mustMatchStore(t, out)
	}
}

func TestRetry_OtherErrors(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{
		models.ErrInProgress,
		errors.New("something new"),
		context.DeadlineExceeded,
	} {
		s := newTestService(t)
		f := s.withFaultyStore(func(int, func() error) error { return fmt.Errorf("wrapped: %w", cause) })
		_, err := s.CreateWebCustomerEvents(t.Context(), s.request(t, "key", threeEvents()...))
		if !errors.Is(err, cause) || errors.Is(err, events.ErrUnavailable) ||
			errors.Is(err, events.ErrOutcomeUnknown) ||
			len(f.sets) != 1 {
			t.Errorf("%v after %d tries, want %v", err, len(f.sets), cause)
		}
		s.mustHaveStoredNothing(t)
	}
}

func TestRetry_CallerDisconnects(t *testing.T) {
	t.Parallel()
	t.Run("before the call", func(t *testing.T) {
		t.Parallel()
		s := newTestService(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		request := s.request(t, "key", threeEvents()...)
		if _, err := s.CreateWebCustomerEvents(ctx, request); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		s.mustHaveStoredNothing(t)
	})
	t.Run("while it waits for another try", func(t *testing.T) {
		t.Parallel()
		s := newTestService(t)
		s.RetryTimeout = time.Hour
		ctx, cancel := context.WithCancel(t.Context())
		f := s.withFaultyStore(func(try int, _ func() error) error {
			if try == 3 {
				cancel()
			}
			return models.ErrUnavailable
		})
		if _, err := s.CreateWebCustomerEvents(ctx, s.request(t, "key", threeEvents()...)); err == nil {
			t.Error("it succeeded")
		}
		if len(f.sets) != 3 {
			t.Errorf("%d tries", len(f.sets))
		}
		s.mustHaveStoredNothing(t)
	})
}
