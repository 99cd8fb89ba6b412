package eventstest

import (
	"bytes"
	"fmt"
	"time"

	"customer-events/models"
)

// replayObligations are for requests of a call that are replays, and for the time from which the retention
// of an idempotency key runs.
var replayObligations = []obligation{
	{"are recorded with the events of the set", func(f *fixture) {
		before := f.newReferenced("s", "1")
		f.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{before}, At: now})
		call := f.idempotencyKey("key", "1")
		set := setWithKey(call, f.newEvents(2)...)
		set.Replays = []models.Replay{
			{RequestHash: requestHash(2), Event: before},
			{RequestHash: requestHash(3), Event: set.Events[0]},
		}
		f.mustRecord(set)
		f.mustHaveKeyRecord(call, set.Events[0], set.Events[1], before, set.Events[0])
	}},
	{"are recorded without events of the set", func(f *fixture) {
		before := f.newEvent()
		f.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{before}, At: now})
		call := f.idempotencyKey("key", "1")
		f.mustRecord(
			models.WriteSet{
				Key:     &call,
				Replays: []models.Replay{{RequestHash: requestHash(0), Event: before}},
				At:      now,
			},
		)
		f.mustHaveKeyRecord(call, before)
		later := f.newEvent()
		f.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{later}, At: now})
		key := f.keyRecord(call).Key
		f.mustRecord(
			models.WriteSet{
				Key:       &call,
				RecordKey: key,
				Replays:   []models.Replay{{RequestHash: requestHash(1), Event: later}},
				At:        now,
			},
		)
		f.mustHaveKeyRecord(call, before, later)
	}},
	{"are recorded once only, and all of the set or nothing", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		first := setWithKey(call, f.newEvent())
		f.mustRecord(first)
		set := setWithKey(call, f.newReferenced("s", "1"))
		set.RecordKey, set.RequestHashes = f.keyRecord(call).Key, [][]byte{requestHash(1)}
		set.Replays = []models.Replay{{RequestHash: requestHash(0), Event: first.Events[0]}}
		f.mustConflict(set)
		f.mustHaveKeyRecord(call, first.Events...)
		f.mustHaveWrittenNothing(f.idempotencyKey("no such", "1"), f.newPassword("otp"), "1")
	}},
	{"change nothing if the same set is recorded again", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		set := setWithKey(call, f.newEvents(2)...)
		set.Replays = []models.Replay{{RequestHash: requestHash(2), Event: set.Events[1]}}
		f.mustRecord(set)
		repeated := unrecordedCopy(set)
		repeated.Replays = []models.Replay{{RequestHash: requestHash(2), Event: repeated.Events[1]}}
		f.mustRecord(repeated)
		f.mustHaveKeyRecord(call, repeated.Events[0], repeated.Events[1], repeated.Events[1])
	}},
	{"of a key whose record is gone are rejected", func(f *fixture) {
		before, call := f.newEvent(), f.idempotencyKey("key", "1")
		f.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{before}, At: now})
		f.mustConflict(
			models.WriteSet{
				Key:       &call,
				RecordKey: 4711,
				Replays:   []models.Replay{{RequestHash: requestHash(0), Event: before}},
				At:        now,
			},
		)
		f.mustConflict(models.WriteSet{Key: &call, RecordKey: 4711, At: now})
		set := setWithKey(call, f.newReferenced("s", "1"))
		set.RecordKey = 4711
		f.mustConflict(set)
		f.mustHaveWrittenNothing(call, f.newPassword("otp"), "1")
	}},
	{"update the time of the key's last use", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		f.mustRecord(setWithKey(call, f.newEvent()))
		f.mustBeUsedAt(call, now)
		key := f.keyRecord(call).Key
		with := setWithKey(call, f.newEvent())
		with.RecordKey, with.RequestHashes, with.At = key, [][]byte{requestHash(1)}, now.Add(71*time.Hour)
		f.mustRecord(with)
		f.mustBeUsedAt(call, now.Add(71*time.Hour))
		f.mustRecord(models.WriteSet{Key: &call, RecordKey: key, At: now.Add(142 * time.Hour)})
		f.mustBeUsedAt(call, now.Add(142*time.Hour))
		// The clock of another server may be slow.
		f.mustRecord(models.WriteSet{Key: &call, RecordKey: key, At: now.Add(time.Hour)})
		f.mustBeUsedAt(call, now.Add(142*time.Hour))
	}},
	{"of a rejected set do not update the time of the key's last use", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		f.mustRecord(setWithKey(call, f.newReferenced("s", "1")))
		set := setWithKey(call, f.newReferenced("s", "1"))
		set.RecordKey, set.RequestHashes = f.keyRecord(call).Key, [][]byte{requestHash(1)}
		set.At = now.Add(time.Hour)
		f.mustConflict(set)
		f.mustBeUsedAt(call, now)
	}},
	{"come with the hashes of identifiers, byte for byte", func(f *fixture) {
		var list []*models.WebCustomerEvent
		for i, hash := range [][]byte{
			nil,
			bytes.Repeat([]byte{0}, 24),
			bytes.Repeat([]byte{0xff}, 24),
			append([]byte("'\\\"\x00\n"), testHash("x")[:19]...),
		} {
			event := f.newReferenced("hash", fmt.Sprint(i))
			event.IdentifiersHash = hash
			list = append(list, event)
		}
		f.mustReadBack(list...)
	}},
	{"of a set without looked-up references are the same", func(f *fixture) {
		set := models.WriteSet{
			Events:    []*models.WebCustomerEvent{f.newReferenced("s", "1")},
			At:        now,
			Unchecked: true,
		}
		f.mustRepeat(set)
		f.mustConflict(
			models.WriteSet{
				Events:    []*models.WebCustomerEvent{f.newReferenced("s", "1")},
				At:        now,
				Unchecked: true,
			},
		)
	}},
}

func (f *fixture) mustBeUsedAt(call models.IdempotencyKey, at time.Time) {
	f.Helper()
	if stored := f.keyRecord(call); stored == nil || !stored.UsedAt.Equal(at) {
		f.Errorf("record %+v, want one used at %s", stored, at)
	}
}
