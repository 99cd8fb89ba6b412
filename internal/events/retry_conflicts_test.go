package events_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

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

// The service waits for a store whose reads lag behind its writes, as on another node of a cluster.
func TestConflict_LaggingReads(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	mustProcess(t, s.create(t, fullEventJSON()), false)
	s.Store = &laggingStore{Memory: s.memory, until: time.Now().Add(200 * time.Millisecond)}
	mustProcess(t, s.create(t, fullEventJSON()), true)
	s.Store = &laggingStore{Memory: s.memory, until: time.Now().Add(time.Hour)}
	s.RetryTimeout = 100 * time.Millisecond
	request := s.request(t, "", fullEventJSON())
	if _, err := s.CreateWebCustomerEvents(t.Context(), request); !errors.Is(err, events.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
}

// laggingStore finds no external references before a certain time.
type laggingStore struct {
	*eventstest.Memory
	until time.Time
}

func (l *laggingStore) ByExternalReference(
	ctx context.Context,
	refs []models.ExternalReference,
) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	if time.Now().Before(l.until) {
		return nil, nil
	}
	return l.Memory.ByExternalReference(ctx, refs)
}
