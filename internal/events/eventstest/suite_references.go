package eventstest

import (
	"slices"

	"customer-events/models"
)

var referenceObligations = []obligation{
	{"that exist reject the set, and all of it", func(f *fixture) {
		first := f.newReferenced("s", "1")
		f.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{first}, At: now})
		call, token := f.idempotencyKey("key", "1"), f.newPassword("otp")
		set := setWithKey(
			call,
			f.newReferenced("s", "2"),
			f.newReferenced("s", "1"),
			f.newReferenced("s", "3"),
		)
		set.UsedTokens = []int64{token.Key}
		f.mustConflict(set)
		f.mustHaveWrittenNothing(call, token, "2", "3")
		if stored, ok := f.recorded("s", "1"); !ok || stored.ID != first.ID {
			f.Errorf("%+v, %v has the reference", stored, ok)
		}
	}},
	{"of another user reject the set", func(f *fixture) {
		f.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{f.newReferenced("s", "1")}, At: now})
		other := f.newReferenced("s", "1")
		other.CreatedByKey = f.otherUser.Key
		f.mustConflict(models.WriteSet{Events: []*models.WebCustomerEvent{other}, At: now})
	}},
	{"are distinct although they are similar", func(f *fixture) {
		values := slices.Concat(similarTexts, specialTexts)
		var list []*models.WebCustomerEvent
		for _, value := range values {
			list = append(list, f.newReferenced(value, "1"), f.newReferenced("alike", value))
		}
		f.mustReadBack(list...)
		for _, event := range list {
			f.mustConflict(
				models.WriteSet{
					Events: []*models.WebCustomerEvent{
						f.newReferenced(*event.ExternalSystem, *event.ExternalSystemReferenceNumber),
					},
					At: now,
				},
			)
		}
	}},
	{"are not found by similar texts", func(f *fixture) {
		f.mustRecord(
			models.WriteSet{
				Events: []*models.WebCustomerEvent{f.newReferenced(similarTexts[0], similarTexts[0])},
				At:     now,
			},
		)
		for _, value := range similarTexts[1:] {
			for _, ref := range [][2]string{{value, similarTexts[0]}, {similarTexts[0], value}} {
				if stored, ok := f.recorded(ref[0], ref[1]); ok {
					f.Errorf("%q finds %+v", ref, stored)
				}
			}
		}
	}},
	{"have a boundary: a bc is not ab c", func(f *fixture) {
		f.mustReadBack(
			f.newReferenced("a", "bc"),
			f.newReferenced("ab", "c"),
			f.newReferenced("bc", "a"),
			f.newReferenced("a/b", "c"),
			f.newReferenced("a", "b/c"),
		)
	}},
	{"with one half do not conflict", func(f *fixture) {
		for range 2 {
			var list []*models.WebCustomerEvent
			for range 2 {
				none, system, number := f.newEvent(), f.newEvent(), f.newEvent()
				system.ExternalSystem, number.ExternalSystemReferenceNumber = new("s"), new("1")
				list = append(list, none, system, number)
			}
			f.mustRecord(models.WriteSet{Events: list, At: now})
		}
		f.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{f.newReferenced("s", "1")}, At: now})
	}},
	{"are returned for exactly the given ones", func(f *fixture) {
		f.mustRecord(
			models.WriteSet{
				Events: []*models.WebCustomerEvent{
					f.newReferenced("s", "1"),
					f.newReferenced("s", "2"),
					f.newReferenced("t", "1"),
				},
				At: now,
			},
		)
		asked := []models.ExternalReference{
			{System: "s", Number: "1"},
			{System: "s", Number: "3"},
			{System: "t", Number: "2"},
			{System: "t", Number: "1"},
		}
		found, err := f.ByExternalReference(f.Context(), asked)
		if err != nil || len(found) != 2 || found[asked[0]].Number == 0 || found[asked[3]].Number == 0 {
			f.Errorf("found %+v, %v", found, err)
		}
		if found, err := f.ByExternalReference(f.Context(), nil); err != nil || len(found) != 0 {
			f.Errorf("for no references: %+v, %v", found, err)
		}
	}},
	{"of a rejected set can be recorded afterwards", func(f *fixture) {
		f.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{f.newReferenced("s", "1")}, At: now})
		stored := f.newReferenced("s", "2")
		f.mustConflict(
			models.WriteSet{Events: []*models.WebCustomerEvent{stored, f.newReferenced("s", "1")}, At: now},
		)
		f.mustRecord(
			models.WriteSet{Events: []*models.WebCustomerEvent{stored}, At: now},
		) // with the id of the rejected attempt, as the service does
	}},
}
