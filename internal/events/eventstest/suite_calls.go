package eventstest

import (
	"errors"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

var callPromises = []obligation{
	{"one never made is not remembered", func(s *scene) {
		if kept := s.remembered(s.call("key", "1")); kept != nil {
			s.Errorf("remembered %+v", kept)
		}
	}},
	{"is remembered with what its events became", func(s *scene) {
		call := s.call("key", "1")
		entry := called(call, s.many(3)...)
		s.mustRecord(entry)
		s.mustRemember(call, entry.Events...)
	}},
	{"is remembered without events", func(s *scene) {
		call := s.call("key", "1")
		s.mustRecord(models.WriteSet{Key: &call, At: now})
		s.mustRemember(call)
	}},
	{"is remembered by its key, with the fingerprint that it came with first", func(s *scene) {
		call := s.call("key", "1")
		s.mustRecord(called(call, s.event()))
		kept := s.remembered(s.call("key", "2"))
		if kept == nil || !slices.Equal(kept.Fingerprint, call.Fingerprint) {
			s.Errorf("remembered %+v", kept)
		}
	}},
	{"of another user or key is another", func(s *scene) {
		mine, his, second := s.call("key", "1"), s.call("key", "1"), s.call("another key", "1")
		his.UserKey = s.otherUser.Key
		entries := []models.WriteSet{called(mine, s.many(2)...), called(his, s.many(3)...), called(second, s.event())}
		for _, entry := range entries {
			s.mustRecord(entry)
		}
		for _, entry := range entries {
			s.mustRemember(*entry.Key, entry.Events...)
		}
	}},
	{"is told apart by any one bit of its key", func(s *scene) {
		call := s.call("key", "1")
		s.mustRecord(called(call, s.event()))
		for at := range call.KeyHash {
			other := call
			other.KeyHash = slices.Clone(call.KeyHash)
			other.KeyHash[at] ^= 0x20
			if kept := s.remembered(other); kept != nil {
				s.Errorf("bit of byte %d: remembered %+v", at, kept)
			}
		}
	}},
	{"a twin that came later is stale, and leaves nothing behind", func(s *scene) {
		call := s.call("key", "1")
		entry := called(call, s.event())
		s.mustRecord(entry)
		token := s.password("otp")
		twin := called(call, s.referred("s", "1"), s.referred("s", "2"))
		twin.UsedTokens = []int64{token.Key}
		s.mustBeStale(twin)
		s.mustRemember(call, entry.Events...)
		s.mustHaveNothing(s.call("no such", "1"), token, "1", "2")
	}},
	{"a twin with other events is stale, even with none", func(s *scene) {
		call := s.call("key", "1")
		entry := called(call, s.event())
		s.mustRecord(entry)
		other := s.call("key", "2")
		s.mustBeStale(called(other, s.event()))
		s.mustBeStale(models.WriteSet{Key: &other, At: now})
		s.mustRemember(call, entry.Events...)
	}},
	{"takes in later what it had not got through at first", func(s *scene) {
		call := s.call("key", "1")
		first := called(call, s.many(2)...)
		s.mustRecord(first)
		second := called(call, s.many(2)...)
		second.RecordKey = s.remembered(call).Key
		second.RequestHashes = [][]byte{requestHash(2), requestHash(3)}
		s.mustRecord(second)
		s.mustRemember(call, slices.Concat(first.Events, second.Events)...)
	}},
	{"takes a request in once only, and all of the entry or nothing", func(s *scene) {
		call := s.call("key", "1")
		first := called(call, s.many(2)...)
		s.mustRecord(first)
		token := s.password("otp")
		twin := called(call, s.referred("s", "1"), s.referred("s", "2"))
		twin.RecordKey = s.remembered(call).Key
		twin.RequestHashes = [][]byte{requestHash(2), requestHash(1)}
		twin.UsedTokens = []int64{token.Key}
		s.mustBeStale(twin)
		s.mustRemember(call, first.Events...)
		s.mustHaveNothing(s.call("no such", "1"), token, "1", "2")
	}},
	{"does not mind the requests of another", func(s *scene) {
		s.mustRecord(called(s.call("key", "1"), s.many(3)...))
		entry := called(s.call("another key", "1"), s.many(3)...) // the same request hashes
		s.mustRecord(entry)
		s.mustRemember(*entry.Key, entry.Events...)
	}},
}

// againPromises are about the same entry recorded once more, as the service does when the answer to a COMMIT was lost.
var againPromises = []obligation{
	{"changes nothing and tells the same numbers", func(s *scene) {
		s.mustBeAgain(models.WriteSet{Events: s.many(3), At: now})
	}},
	{"changes nothing with references, which its own events have taken", func(s *scene) {
		entry := models.WriteSet{Events: []*models.WebCustomerEvent{s.referred("s", "1"), s.event(), s.referred("s", "2")}, At: now}
		s.mustBeAgain(entry)
		for _, at := range []int{0, 2} {
			if kept, ok := s.taken("s", *entry.Events[at].ExternalSystemReferenceNumber); !ok || kept.Number != entry.Events[at].Number {
				s.Errorf("event %d: %+v, %v", at, kept, ok)
			}
		}
	}},
	{"changes nothing with a call, which it has itself made known", func(s *scene) {
		entry := called(s.call("key", "1"), s.many(3)...)
		s.mustBeAgain(entry)
		s.mustRemember(*entry.Key, entry.Events...)
	}},
	{"changes nothing with a call and references", func(s *scene) {
		entry := called(s.call("key", "1"), s.referred("s", "1"), s.event(), s.referred("s", "2"))
		s.mustBeAgain(entry)
		s.mustRemember(*entry.Key, entry.Events...)
	}},
	{"changes nothing with a call that was known before", func(s *scene) {
		call := s.call("key", "1")
		first := called(call, s.many(2)...)
		s.mustRecord(first)
		second := called(call, s.many(2)...)
		second.RecordKey = s.remembered(call).Key
		second.RequestHashes = [][]byte{requestHash(2), requestHash(3)}
		s.mustBeAgain(second)
		s.mustRemember(call, slices.Concat(first.Events, second.Events)...)
	}},
	{"changes nothing with a call and no events", func(s *scene) {
		call := s.call("key", "1")
		s.mustRecord(models.WriteSet{Key: &call, At: now})
		// Without ids nobody can tell the same entry from a twin's, so that either answer is right.
		if err := s.record(models.WriteSet{Key: &call, At: now}); err != nil && !errors.Is(err, models.ErrConflict) {
			s.Errorf("Record: %v", err)
		}
		s.mustRemember(call)
	}},
	{"changes nothing with one-time passwords, which it has itself spent", func(s *scene) {
		token := s.password("otp")
		s.mustBeAgain(models.WriteSet{Events: s.many(2), UsedTokens: []int64{token.Key}, At: now})
		if at := s.spentAt(token); at == nil || !at.Equal(now) {
			s.Errorf("spent at %v", at)
		}
	}},
	{"changes nothing though others have recorded since", func(s *scene) {
		entry := called(s.call("key", "1"), s.referred("s", "1"), s.event())
		s.mustRecord(entry)
		s.mustRecord(models.WriteSet{Events: s.many(5), At: now})
		s.mustBeAgain(entry)
		s.mustRemember(*entry.Key, entry.Events...)
	}},
}

// mustBeAgain records the entry and then the same twice more.
func (s *scene) mustBeAgain(entry models.WriteSet) {
	s.Helper()
	s.mustRecord(entry)
	want := numbers(entry.Events)
	for range 2 {
		repeated := again(entry)
		repeated.At = entry.At.Add(time.Second)
		s.mustRecord(repeated)
		if diff := cmp.Diff(want, numbers(repeated.Events)); diff != "" {
			s.Errorf("the same entry again has other numbers: %s", diff)
		}
	}
}

// mustRemember checks that a call is remembered with these events, in the order of their request hashes, and no others.
func (s *scene) mustRemember(call models.IdempotencyKey, list ...*models.WebCustomerEvent) {
	s.Helper()
	kept := s.remembered(call)
	if kept == nil {
		s.Fatal("the call is not remembered")
	}
	if kept.Key == 0 {
		s.Error("the call has no key")
	}
	want := make(map[string]models.EventRef)
	for i, event := range list {
		want[string(requestHash(i))] = models.EventRef{ID: event.ID, Number: event.Number}
	}
	if len(list) == 0 && len(kept.Events) == 0 {
		want = kept.Events
	}
	if diff := cmp.Diff(want, kept.Events); diff != "" {
		s.Errorf("remembered events: %s", diff)
	}
	if !slices.Equal(call.Fingerprint, kept.Fingerprint) {
		s.Error("the fingerprint is another")
	}
}
