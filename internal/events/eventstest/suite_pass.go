package eventstest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

// passOf returns a call of the fixture's user with references to its records, and a pointer to what Judge
// received. Judge returns the events.
func (f *fixture) passOf(list ...*models.WebCustomerEvent) (*models.PassMember, *models.Findings) {
	f.Helper()
	return f.passOfUser(f.user, list...)
}

func (f *fixture) passOfUser(
	user models.User, list ...*models.WebCustomerEvent,
) (*models.PassMember, *models.Findings) {
	f.Helper()
	token := testHash("token", fmt.Sprint(f.ids.Add(1)))
	if _, err := f.StartSession(f.Context(), token, user, now, now.Add(time.Hour)); err != nil {
		f.Fatal(err)
	}
	found := new(models.Findings)
	call := &models.PassMember{
		TokenHash: token,
		At:        now,
		Events:    len(list),
		References: []models.Reference{
			{Kind: models.Accounts, By: models.ByNumber, Value: f.account.Number},
			{Kind: models.Participants, By: models.ByID, Value: f.participant.ID},
			{Kind: models.Units, By: models.ByName, Value: f.unit.Name},
			{Kind: models.Units, By: models.ByName, Value: "unknown"},
			{Kind: models.Classifications, By: models.ByAlternativeCode, Value: *f.classification.AlternativeCode},
		},
		Judge: func(findings models.Findings) models.WriteSet {
			*found = findings
			return models.WriteSet{Events: list, At: now}
		},
	}
	for _, event := range list {
		if ref, ok := event.ExternalReference(); ok {
			call.ExternalReferences = append(call.ExternalReferences, ref)
		}
	}
	return call, found
}

var passObligations = []obligation{
	{"finds the caller and the references, and writes", func(f *fixture) {
		list := []*models.WebCustomerEvent{f.newReferenced("s", "1"), f.newEvent(), f.newReferenced("s", "2")}
		call, found := f.passOf(list...)
		if err := f.Pass(f.Context(), call); err != nil {
			f.Fatal(err)
		}
		want := models.Findings{
			Caller: &models.Caller{UserKey: f.user.Key, Name: f.user.Name},
			Matches: []models.Match{
				{Count: 1, Key: f.account.Key},
				{Count: 1, Key: f.participant.Key, AccountKey: f.account.Key},
				{Count: 1, Key: f.unit.Key},
				{},
				{Count: 1, Key: f.classification.Key},
			},
			Recorded: []bool{false, false},
		}
		if diff := cmp.Diff(want, *found); diff != "" {
			f.Errorf("findings (-want +got):\n%s", diff)
		}
		f.mustAscend(numbersOf(list))
		if stored, ok := f.recorded("s", "2"); !ok || stored.Number != list[2].Number {
			f.Errorf("stored %d, returned %d (%v)", stored.Number, list[2].Number, ok)
		}
	}},
	{"finds which external references are recorded", func(f *fixture) {
		f.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{f.newReferenced("s", "1 ")}, At: now})
		call, found := f.passOf()
		call.ExternalReferences = []models.ExternalReference{
			{System: "s", Number: "1"},
			{System: "s", Number: "1 "},
			{System: "S", Number: "1 "},
			{System: "s1", Number: " "},
		}
		if err := f.Pass(f.Context(), call); err != nil {
			f.Fatal(err)
		}
		if diff := cmp.Diff([]bool{false, true, false, false}, found.Recorded); diff != "" {
			f.Errorf("recorded (-want +got):\n%s", diff)
		}
	}},
	{"finds no caller for a token that is unknown, expired or ended", func(f *fixture) {
		for _, c := range []struct {
			name   string
			change func(call *models.PassMember)
			valid  bool
		}{
			{"valid to the last microsecond", func(call *models.PassMember) {
				call.At = now.Add(time.Hour - time.Microsecond)
			}, true},
			{"expired", func(call *models.PassMember) { call.At = now.Add(time.Hour) }, false},
			{"unknown", func(call *models.PassMember) { call.TokenHash = testHash("token", "unknown") }, false},
			{"ended", func(call *models.PassMember) {
				if err := f.EndSession(f.Context(), call.TokenHash); err != nil {
					f.Error(err)
				}
			}, false},
		} {
			call, found := f.passOf()
			c.change(call)
			if err := f.Pass(f.Context(), call); err != nil || (found.Caller != nil) != c.valid {
				f.Errorf("%s: %v, %v", c.name, found.Caller, err)
			}
		}
	}},
	{"writes nothing if Judge returns no events", func(f *fixture) {
		call, _ := f.passOf(f.newReferenced("s", "1"))
		call.Judge = func(models.Findings) models.WriteSet { return models.WriteSet{} }
		if err := f.Pass(f.Context(), call); err != nil {
			f.Error(err)
		}
		if _, ok := f.recorded("s", "1"); ok {
			f.Error("it is recorded")
		}
	}},
	{"writes all events or none", func(f *fixture) {
		f.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{f.newReferenced("s", "1")}, At: now})
		call, _ := f.passOf(f.newReferenced("s", "0"), f.newReferenced("s", "1"))
		if err := f.Pass(f.Context(), call); !errors.Is(err, models.ErrConflict) {
			f.Errorf("%v, want a conflict", err)
		}
		if _, ok := f.recorded("s", "0"); ok {
			f.Error("a part is recorded")
		}
	}},
	{"the same set again has the same numbers", func(f *fixture) {
		list := []*models.WebCustomerEvent{f.newReferenced("s", "1"), f.newEvent()}
		call, _ := f.passOf(list...)
		if err := f.Pass(f.Context(), call); err != nil {
			f.Fatal(err)
		}
		want := numbersOf(list)
		list[0].Number, list[1].Number = 0, 0
		if err := f.Pass(f.Context(), call); err != nil {
			f.Fatal(err)
		}
		if diff := cmp.Diff(want, numbersOf(list)); diff != "" {
			f.Errorf("numbers (-first +second):\n%s", diff)
		}
	}},
	{"a context that has ended", func(f *fixture) {
		call, _ := f.passOf(f.newReferenced("s", "1"))
		ctx, cancel := context.WithCancel(f.Context())
		cancel()
		if err := f.Pass(ctx, call); !errors.Is(err, context.Canceled) {
			f.Error(err)
		}
		if _, ok := f.recorded("s", "1"); ok {
			f.Error("it is recorded")
		}
	}},
	{"concurrent calls get their own results", func(f *fixture) {
		const calls = 64
		var all sync.WaitGroup
		for i := range calls {
			// Each fourth call has the reference of the one before it: one of the two must get a conflict.
			event := f.newReferenced("s", fmt.Sprint(i-i%4/3))
			user := []models.User{f.user, f.otherUser}[i%2]
			call, found := f.passOfUser(user, event)
			all.Go(func() {
				err := f.Pass(f.Context(), call)
				if found.Caller == nil || found.Caller.UserKey != user.Key {
					f.Errorf("call %d has the caller %+v", i, found.Caller)
				}
				stored, ok := f.recorded("s", *event.ExternalSystemReferenceNumber)
				switch {
				case !ok:
					f.Errorf("call %d: its reference is not recorded", i)
				case err == nil && (stored.ID != event.ID || stored.Number != event.Number):
					f.Errorf("call %d: number %d is returned, %d is stored", i, event.Number, stored.Number)
				case err != nil && (!errors.Is(err, models.ErrConflict) || i%4 < 2):
					f.Errorf("call %d: %v", i, err)
				case err != nil && stored.ID == event.ID:
					f.Errorf("call %d is recorded, but has %v", i, err)
				}
			})
		}
		all.Wait()
	}},
	{"the next call sees an ended session", func(f *fixture) {
		for range 50 {
			call, found := f.passOf()
			if err := f.Pass(f.Context(), call); err != nil || found.Caller == nil {
				f.Fatal(found.Caller, err)
			}
			if err := f.EndSession(f.Context(), call.TokenHash); err != nil {
				f.Fatal(err)
			}
			if err := f.Pass(f.Context(), call); err != nil || found.Caller != nil {
				f.Fatalf("an ended session has the caller %+v (%v)", found.Caller, err)
			}
		}
	}},
}
