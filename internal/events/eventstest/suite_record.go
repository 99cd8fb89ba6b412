package eventstest

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

var recordObligations = []obligation{
	{"numbers ascend in the order of the events", func(f *fixture) {
		list := f.newEvents(250)
		f.mustRecord(models.WriteSet{Events: list, At: now})
		f.mustAscend(numbersOf(list))
	}},
	{"numbers ascend from one set to the next", func(f *fixture) {
		var all []int64
		for range 5 {
			list := f.newEvents(3)
			f.mustRecord(models.WriteSet{Events: list, At: now})
			all = append(all, numbersOf(list)...)
		}
		f.mustAscend(all)
	}},
	{"the returned number is the stored one", func(f *fixture) {
		list := []*models.WebCustomerEvent{
			f.newReferenced("s", "2"),
			f.newReferenced("s", "1"),
			f.newReferenced("s", "3"),
		}
		f.mustRecord(models.WriteSet{Events: list, At: now})
		for _, event := range list {
			if stored, ok := f.recorded("s", *event.ExternalSystemReferenceNumber); !ok ||
				stored.Number != event.Number ||
				stored.ID != event.ID {
				f.Errorf(
					"returned %d %s, stored %d %s (%v)",
					event.Number,
					event.ID,
					stored.Number,
					stored.ID,
					ok,
				)
			}
		}
	}},
	{"a thousand events with all fields", func(f *fixture) {
		list := make([]*models.WebCustomerEvent, 1000)
		call := f.idempotencyKey("thousand", "1")
		set := models.WriteSet{Key: &call, At: now}
		for i := range list {
			event := f.newReferenced("bulk", fmt.Sprint(i))
			event.ParticipantKey, event.ClassificationKey = &f.participant.Key, &f.classification.Key
			event.Description = new("description")
			for _, at := range udfStrings(&event.EventDetails) {
				*at = new(fmt.Sprint("text", i))
			}
			for _, at := range udfFloats(&event.EventDetails) {
				*at = new(float64(i))
			}
			for _, at := range udfDates(&event.EventDetails) {
				*at = &event.CreatedAt
			}
			list[i] = event
			set.RequestHashes = append(set.RequestHashes, testHash("request", fmt.Sprint(i)))
		}
		set.Events = list
		f.mustRecord(set)
		f.mustAscend(numbersOf(list))
		refs := make([]models.ExternalReference, len(list))
		want := make(map[models.ExternalReference]models.WebCustomerEvent)
		for i, event := range list {
			refs[i], _ = event.ExternalReference()
			want[refs[i]] = *event
		}
		found, err := f.ByExternalReference(f.Context(), refs)
		if err != nil {
			f.Fatal(err)
		}
		if diff := cmp.Diff(want, found); diff != "" {
			f.Error(diff)
		}
		if stored := f.keyRecord(call); stored == nil || len(stored.Events) != 1000 {
			f.Errorf("record %+v", stored)
		}
	}},
	{"a cancelled context writes nothing", func(f *fixture) {
		ctx, cancel := context.WithCancel(f.Context())
		cancel()
		call, token := f.idempotencyKey("cancelled", "1"), f.newPassword("otp")
		set := setWithKey(call, f.newReferenced("s", "1"), f.newReferenced("s", "2"))
		set.UsedTokens = []int64{token.Key}
		if err := f.Record(ctx, set); err == nil {
			f.Error("Record succeeded")
		}
		refs := []models.ExternalReference{{System: "s", Number: "1"}}
		if _, err := f.ByExternalReference(ctx, refs); err == nil {
			f.Error("ByExternalReference succeeded")
		}
		if _, err := f.IdempotencyRecord(ctx, call); err == nil {
			f.Error("IdempotencyRecord succeeded")
		}
		f.mustHaveWrittenNothing(call, token, "1", "2")
	}},
}

func (f *fixture) mustAscend(list []int64) {
	f.Helper()
	if len(list) > 0 && list[0] <= 0 {
		f.Errorf("the first number is %d", list[0])
	}
	for i := 1; i < len(list); i++ {
		if list[i] <= list[i-1] {
			f.Fatalf("number %d follows %d", list[i], list[i-1])
		}
	}
}

// mustHaveWrittenNothing checks that nothing of a rejected set was written: its idempotency key, the use of
// the one-time password, its external references in the system s.
func (f *fixture) mustHaveWrittenNothing(
	call models.IdempotencyKey,
	token models.AccessToken,
	refs ...string,
) {
	f.Helper()
	if stored := f.keyRecord(call); stored != nil {
		f.Errorf("the idempotency key has a record: %+v", stored)
	}
	if at := f.passwordUsedAt(token); at != nil {
		f.Errorf("the one-time password was used at %s", at)
	}
	for _, ref := range refs {
		if stored, ok := f.recorded("s", ref); ok {
			f.Errorf("reference %s exists: %+v", ref, stored)
		}
	}
}

// recordConcurrently records all sets at the same time and returns their errors.
func (f *fixture) recordConcurrently(sets ...models.WriteSet) []error {
	errs, start, done := make([]error, len(sets)), make(chan struct{}), make(chan struct{})
	for i := range sets {
		go func() {
			<-start
			errs[i] = f.record(sets[i])
			done <- struct{}{}
		}()
	}
	close(start)
	for range sets {
		<-done
	}
	return errs
}

// mustSucceedOnce checks that one of several conflicting sets was recorded, and that the others have
// returned a conflict.
func (f *fixture) mustSucceedOnce(errs []error) (recorded int) {
	f.Helper()
	recorded = -1
	for i, err := range errs {
		switch {
		case err == nil && recorded < 0:
			recorded = i
		case err == nil:
			f.Fatalf("sets %d and %d were both recorded", recorded, i)
		case !errors.Is(err, models.ErrConflict) && !errors.Is(err, models.ErrInProgress):
			f.Errorf("set %d: %v, want ErrConflict or ErrInProgress", i, err)
		}
	}
	if recorded < 0 {
		f.Fatalf("none was recorded: %v", errs)
	}
	return recorded
}
