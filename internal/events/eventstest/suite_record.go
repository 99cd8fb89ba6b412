package eventstest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

var recordPromises = []obligation{
	{"numbers grow in the order of the events", func(s *scene) {
		list := s.many(250)
		s.mustRecord(models.WriteSet{Events: list, At: now})
		s.mustGrow(numbers(list))
	}},
	{"numbers grow from one entry to the next", func(s *scene) {
		var all []int64
		for range 5 {
			list := s.many(3)
			s.mustRecord(models.WriteSet{Events: list, At: now})
			all = append(all, numbers(list)...)
		}
		s.mustGrow(all)
	}},
	{"the number given is the number kept", func(s *scene) {
		list := []*models.WebCustomerEvent{s.referred("s", "2"), s.referred("s", "1"), s.referred("s", "3")}
		s.mustRecord(models.WriteSet{Events: list, At: now})
		for _, event := range list {
			if kept, ok := s.taken("s", *event.ExternalSystemReferenceNumber); !ok || kept.Number != event.Number || kept.ID != event.ID {
				s.Errorf("told %d %s, kept %d %s (%v)", event.Number, event.ID, kept.Number, kept.ID, ok)
			}
		}
	}},
	{"a thousand events at once, every field full", func(s *scene) {
		list := make([]*models.WebCustomerEvent, 1000)
		call := s.call("thousand", "1")
		entry := models.WriteSet{Key: &call, At: now}
		for i := range list {
			event := s.referred("bulk", fmt.Sprint(i))
			event.ParticipantKey, event.ClassificationKey, event.Description = &s.participant.Key, &s.classification.Key, ptr("description")
			for _, at := range udfStrings(&event.EventDetails) {
				*at = ptr(fmt.Sprint("text", i))
			}
			for _, at := range udfFloats(&event.EventDetails) {
				*at = ptr(float64(i))
			}
			for _, at := range udfDates(&event.EventDetails) {
				*at = &event.CreatedAt
			}
			list[i] = event
			entry.RequestHashes = append(entry.RequestHashes, hashed("request", fmt.Sprint(i)))
		}
		entry.Events = list
		s.mustRecord(entry)
		s.mustGrow(numbers(list))
		refs := make([]models.ExternalReference, len(list))
		want := make(map[models.ExternalReference]models.WebCustomerEvent)
		for i, event := range list {
			refs[i], _ = event.ExternalReference()
			want[refs[i]] = *event
		}
		found, err := s.ByExternalReference(s.Context(), refs)
		if err != nil {
			s.Fatal(err)
		}
		if diff := cmp.Diff(want, found); diff != "" {
			s.Error(diff)
		}
		if kept := s.remembered(call); kept == nil || len(kept.Events) != 1000 {
			s.Errorf("remembered %+v", kept)
		}
	}},
	{"a context that is over writes nothing", func(s *scene) {
		ctx, cancel := context.WithCancel(s.Context())
		cancel()
		call, token := s.call("cancelled", "1"), s.password("otp")
		entry := called(call, s.referred("s", "1"), s.referred("s", "2"))
		entry.UsedTokens = []int64{token.Key}
		if err := s.Record(ctx, entry); err == nil {
			s.Error("Record succeeded")
		}
		if _, err := s.ByExternalReference(ctx, []models.ExternalReference{{System: "s", Number: "1"}}); err == nil {
			s.Error("Taken succeeded")
		}
		if _, err := s.IdempotencyRecord(ctx, call); err == nil {
			s.Error("Remembered succeeded")
		}
		s.mustHaveNothing(call, token, "1", "2")
	}},
}

var referencePromises = []obligation{
	{"a taken one refuses the entry, and all of it", func(s *scene) {
		first := s.referred("s", "1")
		s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{first}, At: now})
		call, token := s.call("key", "1"), s.password("otp")
		entry := called(call, s.referred("s", "2"), s.referred("s", "1"), s.referred("s", "3"))
		entry.UsedTokens = []int64{token.Key}
		s.mustBeStale(entry)
		s.mustHaveNothing(call, token, "2", "3")
		if kept, ok := s.taken("s", "1"); !ok || kept.ID != first.ID {
			s.Errorf("%+v, %v has the reference", kept, ok)
		}
	}},
	{"one taken by another user is taken", func(s *scene) {
		s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{s.referred("s", "1")}, At: now})
		other := s.referred("s", "1")
		other.CreatedByKey = s.otherUser.Key
		s.mustBeStale(models.WriteSet{Events: []*models.WebCustomerEvent{other}, At: now})
	}},
	{"are told apart though they look alike", func(s *scene) {
		values := slices.Concat(alike, awkward)
		var list []*models.WebCustomerEvent
		for _, value := range values {
			list = append(list, s.referred(value, "1"), s.referred("alike", value))
		}
		s.mustReturn(list...)
		for _, event := range list {
			s.mustBeStale(models.WriteSet{Events: []*models.WebCustomerEvent{s.referred(*event.ExternalSystem, *event.ExternalSystemReferenceNumber)}, At: now})
		}
	}},
	{"are found as asked for and not by what looks like them", func(s *scene) {
		s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{s.referred(alike[0], alike[0])}, At: now})
		for _, value := range alike[1:] {
			for _, ref := range [][2]string{{value, alike[0]}, {alike[0], value}} {
				if kept, ok := s.taken(ref[0], ref[1]); ok {
					s.Errorf("%q names %+v", ref, kept)
				}
			}
		}
	}},
	{"end where they end: a bc is not ab c", func(s *scene) {
		s.mustReturn(s.referred("a", "bc"), s.referred("ab", "c"), s.referred("bc", "a"), s.referred("a/b", "c"), s.referred("a", "b/c"))
	}},
	{"with half of it missing collide with nothing", func(s *scene) {
		for range 2 {
			var list []*models.WebCustomerEvent
			for range 2 {
				none, system, number := s.event(), s.event(), s.event()
				system.ExternalSystem, number.ExternalSystemReferenceNumber = ptr("s"), ptr("1")
				list = append(list, none, system, number)
			}
			s.mustRecord(models.WriteSet{Events: list, At: now})
		}
		s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{s.referred("s", "1")}, At: now})
	}},
	{"are answered for those asked and no others", func(s *scene) {
		s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{s.referred("s", "1"), s.referred("s", "2"), s.referred("t", "1")}, At: now})
		asked := []models.ExternalReference{{System: "s", Number: "1"}, {System: "s", Number: "3"}, {System: "t", Number: "2"}, {System: "t", Number: "1"}}
		found, err := s.ByExternalReference(s.Context(), asked)
		if err != nil || len(found) != 2 || found[asked[0]].Number == 0 || found[asked[3]].Number == 0 {
			s.Errorf("found %+v, %v", found, err)
		}
		if found, err := s.ByExternalReference(s.Context(), nil); err != nil || len(found) != 0 {
			s.Errorf("asked for none: %+v, %v", found, err)
		}
	}},
	{"that were refused may be taken afterwards", func(s *scene) {
		s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{s.referred("s", "1")}, At: now})
		kept := s.referred("s", "2")
		s.mustBeStale(models.WriteSet{Events: []*models.WebCustomerEvent{kept, s.referred("s", "1")}, At: now})
		s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{kept}, At: now}) // with the id of the refused try, as the service does
	}},
}

func (s *scene) mustGrow(list []int64) {
	s.Helper()
	if len(list) > 0 && list[0] <= 0 {
		s.Errorf("the first number is %d", list[0])
	}
	for i := 1; i < len(list); i++ {
		if list[i] <= list[i-1] {
			s.Fatalf("number %d follows %d", list[i], list[i-1])
		}
	}
}

// mustHaveNothing checks that nothing of a refused entry is there: its call, what it was to spend, and its references in s.
func (s *scene) mustHaveNothing(call models.IdempotencyKey, token models.AccessToken, refs ...string) {
	s.Helper()
	if kept := s.remembered(call); kept != nil {
		s.Errorf("the call is remembered: %+v", kept)
	}
	if at := s.spentAt(token); at != nil {
		s.Errorf("the one-time password was spent at %s", at)
	}
	for _, ref := range refs {
		if kept, ok := s.taken("s", ref); ok {
			s.Errorf("reference %s is taken: %+v", ref, kept)
		}
	}
}

// recordsAtOnce records every entry at the same time and tells how each fared.
func (s *scene) recordsAtOnce(entries ...models.WriteSet) []error {
	errs, start, done := make([]error, len(entries)), make(chan struct{}), make(chan struct{})
	for i := range entries {
		go func() {
			<-start
			errs[i] = s.record(entries[i])
			done <- struct{}{}
		}()
	}
	close(start)
	for range entries {
		<-done
	}
	return errs
}

// mustHaveOneWinner checks that one of several twins got through, and that the others were told that they were late.
func (s *scene) mustHaveOneWinner(errs []error) (winner int) {
	s.Helper()
	winner = -1
	for i, err := range errs {
		switch {
		case err == nil && winner < 0:
			winner = i
		case err == nil:
			s.Fatalf("entries %d and %d were both recorded", winner, i)
		case !errors.Is(err, models.ErrConflict) && !errors.Is(err, models.ErrInProgress):
			s.Errorf("entry %d: %v, want ErrStale or ErrLocked", i, err)
		}
	}
	if winner < 0 {
		s.Fatalf("none was recorded: %v", errs)
	}
	return winner
}
