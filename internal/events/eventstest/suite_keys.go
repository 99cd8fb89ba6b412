package eventstest

import (
	"errors"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

var keyObligations = []obligation{
	{"have no record at first", func(f *fixture) {
		if stored := f.keyRecord(f.idempotencyKey("key", "1")); stored != nil {
			f.Errorf("record %+v", stored)
		}
	}},
	{"have a record with the ids and numbers of the events", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		set := setWithKey(call, f.newEvents(3)...)
		f.mustRecord(set)
		f.mustHaveKeyRecord(call, set.Events...)
	}},
	{"have a record without events", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		f.mustRecord(models.WriteSet{Key: &call, At: now})
		f.mustHaveKeyRecord(call)
	}},
	{"have the fingerprint of the first call", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		f.mustRecord(setWithKey(call, f.newEvent()))
		stored := f.keyRecord(f.idempotencyKey("key", "2"))
		if stored == nil || !slices.Equal(stored.Fingerprint, call.Fingerprint) {
			f.Errorf("record %+v", stored)
		}
	}},
	{"are separate for each user and key", func(f *fixture) {
		mine := f.idempotencyKey("key", "1")
		theirs, second := mine, f.idempotencyKey("another key", "1")
		theirs.UserKey = f.otherUser.Key
		sets := []models.WriteSet{
			setWithKey(mine, f.newEvents(2)...),
			setWithKey(theirs, f.newEvents(3)...),
			setWithKey(second, f.newEvent()),
		}
		for _, set := range sets {
			f.mustRecord(set)
		}
		for _, set := range sets {
			f.mustHaveKeyRecord(*set.Key, set.Events...)
		}
	}},
	{"differ if one bit of the hash differs", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		f.mustRecord(setWithKey(call, f.newEvent()))
		for at := range call.KeyHash {
			other := call
			other.KeyHash = slices.Clone(call.KeyHash)
			other.KeyHash[at] ^= 0x20
			if stored := f.keyRecord(other); stored != nil {
				f.Errorf("bit of byte %d: remembered %+v", at, stored)
			}
		}
	}},
	{"reject a concurrent set that comes later, and all of it", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		set := setWithKey(call, f.newEvent())
		f.mustRecord(set)
		token := f.newPassword("otp")
		second := setWithKey(call, f.newReferenced("s", "1"), f.newReferenced("s", "2"))
		second.UsedTokens = []int64{token.Key}
		f.mustConflict(second)
		f.mustHaveKeyRecord(call, set.Events...)
		f.mustHaveWrittenNothing(f.idempotencyKey("no such", "1"), token, "1", "2")
	}},
	{"reject a concurrent set with other events, or with none", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		set := setWithKey(call, f.newEvent())
		f.mustRecord(set)
		other := f.idempotencyKey("key", "2")
		f.mustConflict(setWithKey(other, f.newEvent()))
		f.mustConflict(models.WriteSet{Key: &other, At: now})
		f.mustHaveKeyRecord(call, set.Events...)
	}},
	{"receive more requests later", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		first := setWithKey(call, f.newEvents(2)...)
		f.mustRecord(first)
		second := setWithKey(call, f.newEvents(2)...)
		second.RecordKey = f.keyRecord(call).Key
		second.RequestHashes = [][]byte{requestHash(2), requestHash(3)}
		f.mustRecord(second)
		f.mustHaveKeyRecord(call, slices.Concat(first.Events, second.Events)...)
	}},
	{"receive each request once, and all of a set or nothing", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		first := setWithKey(call, f.newEvents(2)...)
		f.mustRecord(first)
		token := f.newPassword("otp")
		second := setWithKey(call, f.newReferenced("s", "1"), f.newReferenced("s", "2"))
		second.RecordKey = f.keyRecord(call).Key
		second.RequestHashes = [][]byte{requestHash(2), requestHash(1)}
		second.UsedTokens = []int64{token.Key}
		f.mustConflict(second)
		f.mustHaveKeyRecord(call, first.Events...)
		f.mustHaveWrittenNothing(f.idempotencyKey("no such", "1"), token, "1", "2")
	}},
	{"share no requests with other keys", func(f *fixture) {
		f.mustRecord(setWithKey(f.idempotencyKey("key", "1"), f.newEvents(3)...))
		set := setWithKey(
			f.idempotencyKey("another key", "1"),
			f.newEvents(3)...) // with the same request hashes
		f.mustRecord(set)
		f.mustHaveKeyRecord(*set.Key, set.Events...)
	}},
}

// repeatObligations are for recording the same set again, as the service does if the response to a COMMIT
// was lost.
var repeatObligations = []obligation{
	{"changes nothing and returns the same numbers", func(f *fixture) {
		f.mustRepeat(models.WriteSet{Events: f.newEvents(3), At: now})
	}},
	{"changes nothing with external references, which its own events have", func(f *fixture) {
		set := models.WriteSet{
			Events: []*models.WebCustomerEvent{
				f.newReferenced("s", "1"),
				f.newEvent(),
				f.newReferenced("s", "2"),
			},
			At: now,
		}
		f.mustRepeat(set)
		for _, at := range []int{0, 2} {
			if stored, ok := f.recorded("s", *set.Events[at].ExternalSystemReferenceNumber); !ok ||
				stored.Number != set.Events[at].Number {
				f.Errorf("event %d: %+v, %v", at, stored, ok)
			}
		}
	}},
	{"changes nothing with a new idempotency key", func(f *fixture) {
		set := setWithKey(f.idempotencyKey("key", "1"), f.newEvents(3)...)
		f.mustRepeat(set)
		f.mustHaveKeyRecord(*set.Key, set.Events...)
	}},
	{"changes nothing with a new idempotency key and external references", func(f *fixture) {
		set := setWithKey(
			f.idempotencyKey("key", "1"),
			f.newReferenced("s", "1"),
			f.newEvent(),
			f.newReferenced("s", "2"),
		)
		f.mustRepeat(set)
		f.mustHaveKeyRecord(*set.Key, set.Events...)
	}},
	{"changes nothing with an idempotency key that has a record", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		first := setWithKey(call, f.newEvents(2)...)
		f.mustRecord(first)
		second := setWithKey(call, f.newEvents(2)...)
		second.RecordKey = f.keyRecord(call).Key
		second.RequestHashes = [][]byte{requestHash(2), requestHash(3)}
		f.mustRepeat(second)
		f.mustHaveKeyRecord(call, slices.Concat(first.Events, second.Events)...)
	}},
	{"changes nothing with an idempotency key and no events", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		f.mustRecord(models.WriteSet{Key: &call, At: now})
		// Without ids the same set cannot be distinguished from that of a concurrent call. Both results are
		// right.
		if err := f.record(models.WriteSet{Key: &call, At: now}); err != nil &&
			!errors.Is(err, models.ErrConflict) {
			f.Errorf("Record: %v", err)
		}
		f.mustHaveKeyRecord(call)
	}},
	{"changes nothing with one-time passwords, which it has used itself", func(f *fixture) {
		token := f.newPassword("otp")
		f.mustRepeat(models.WriteSet{Events: f.newEvents(2), UsedTokens: []int64{token.Key}, At: now})
		if at := f.passwordUsedAt(token); at == nil || !at.Equal(now) {
			f.Errorf("used at %v", at)
		}
	}},
	{"changes nothing after other sets were recorded", func(f *fixture) {
		set := setWithKey(f.idempotencyKey("key", "1"), f.newReferenced("s", "1"), f.newEvent())
		f.mustRecord(set)
		f.mustRecord(models.WriteSet{Events: f.newEvents(5), At: now})
		f.mustRepeat(set)
		f.mustHaveKeyRecord(*set.Key, set.Events...)
	}},
}

// mustRepeat records the set, and then the same set twice again.
func (f *fixture) mustRepeat(set models.WriteSet) {
	f.Helper()
	f.mustRecord(set)
	want := numbersOf(set.Events)
	for range 2 {
		repeated := unrecordedCopy(set)
		repeated.At = set.At.Add(time.Second)
		f.mustRecord(repeated)
		if diff := cmp.Diff(want, numbersOf(repeated.Events)); diff != "" {
			f.Errorf("the same set again has other numbers: %s", diff)
		}
	}
}

// mustHaveKeyRecord checks that an idempotency key has a record with exactly these events, in the order of
// their request hashes.
func (f *fixture) mustHaveKeyRecord(call models.IdempotencyKey, list ...*models.WebCustomerEvent) {
	f.Helper()
	stored := f.keyRecord(call)
	if stored == nil {
		f.Fatal("the idempotency key has no record")
	}
	if stored.Key == 0 {
		f.Error("the record has no key")
	}
	want := make(map[string]models.EventRef)
	for i, event := range list {
		want[string(requestHash(i))] = models.EventRef{ID: event.ID, Number: event.Number}
	}
	if len(list) == 0 && len(stored.Events) == 0 {
		want = stored.Events
	}
	if diff := cmp.Diff(want, stored.Events); diff != "" {
		f.Errorf("events of the record: %s", diff)
	}
	if !slices.Equal(call.Fingerprint, stored.Fingerprint) {
		f.Error("the fingerprint differs")
	}
}
