package events_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

func TestRowRejected_OnlyThatEvent(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	var f *faultyStore
	f = s.withFaultyStore(func(_ int, write func() error) error {
		for i, event := range f.sets[len(f.sets)-1].Events {
			if event.Website == "bad.com" {
				return &models.RowRejectedError{
					Index: i,
					Err:   errors.New("Data too long for column 'website'"),
				}
			}
		}
		return write()
	})
	list := make([]eventJSON, 180)
	for i := range list { // each two events have one reference
		list[i] = minimalEvent().withIdentifier(fmt.Sprint(i)).withReference("s", fmt.Sprint(i/2))
		if i%3 == 0 {
			list[i] = list[i].with("website", `"bad.com"`)
		}
	}
	out := s.createWithKey(t, "key", list...)
	if len(s.memory.Events()) != 90 {
		t.Errorf("%d events are recorded", len(s.memory.Events()))
	}
	for _, p := range out.ProcessedCustomerEventsSet {
		if p.Index%3 == 0 {
			t.Errorf("%+v", p)
		}
	}
	for _, u := range out.UnprocessedCustomerEventsSet {
		want := models.Invalid
		if u.Index%2 == 1 {
			want = models.Duplicate // the first of the two was valid
		}
		if u.Index%3 != 0 || u.ErrorCode != want || strings.Contains(u.ErrorDescription, "column") {
			t.Errorf("%+v", u)
		}
	}
}

func TestConflict_ReferenceRecordedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	var first events.Outcome
	s.withFaultyStore(func(try int, write func() error) error {
		if try == 1 {
			other := *s
			service := *s.Service
			other.Service, service.Store = &service, s.memory
			first = other.create(
				t,
				fullEventJSON().withIdentifier("x"),
				minimalEvent().withIdentifier("y").withReference("s", "2"),
			)
		}
		return write()
	})
	out := s.create(
		t,
		fullEventJSON().withIdentifier("a"),
		minimalEvent().withIdentifier("b").withReference("s", "2").with("website", `"x.com"`),
		minimalEvent().withIdentifier("c"),
	)
	if got := out.ProcessedCustomerEventsSet; len(got) != 2 || !got[0].Replayed ||
		got[0].ID != first.ProcessedCustomerEventsSet[0].ID ||
		got[1].Replayed {
		t.Errorf("processed %+v", got)
	}
	if got := out.UnprocessedCustomerEventsSet; len(got) != 1 || got[0].ErrorCode != models.Duplicate {
		t.Errorf("unprocessed %+v", got)
	}
}

func TestConflict_Permanent(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	s.RetryTimeout = 500 * time.Millisecond
	f := s.withFaultyStore(func(int, func() error) error { return models.ErrConflict })
	request := s.request(t, "key", threeEvents()...)
	if _, err := s.CreateWebCustomerEvents(t.Context(), request); !errors.Is(err, events.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	if len(f.sets) < 4 || len(f.sets) > 50 {
		t.Errorf("%d tries", len(f.sets))
	}
	s.mustHaveStoredNothing(t)
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
