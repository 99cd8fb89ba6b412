package eventstest

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

// replayPromises are about requests of a call that were answered with events which the entry did not record
// itself, and about the time from which the retention of a call runs.
var replayPromises = []obligation{
	{"are remembered beside the events of the entry", func(s *scene) {
		before := s.referred("s", "1")
		s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{before}, At: now})
		call := s.call("key", "1")
		entry := called(call, s.many(2)...)
		entry.Replays = []models.Replay{{RequestHash: requestHash(2), Event: before}, {RequestHash: requestHash(3), Event: entry.Events[0]}}
		s.mustRecord(entry)
		s.mustRemember(call, entry.Events[0], entry.Events[1], before, entry.Events[0])
	}},
	{"are remembered without any event of the entry", func(s *scene) {
		before := s.event()
		s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{before}, At: now})
		call := s.call("key", "1")
		s.mustRecord(models.WriteSet{Key: &call, Replays: []models.Replay{{RequestHash: requestHash(0), Event: before}}, At: now})
		s.mustRemember(call, before)
		later := s.event()
		s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{later}, At: now})
		key := s.remembered(call).Key
		s.mustRecord(models.WriteSet{Key: &call, RecordKey: key, Replays: []models.Replay{{RequestHash: requestHash(1), Event: later}}, At: now})
		s.mustRemember(call, before, later)
	}},
	{"are remembered once only, and all of the entry or nothing", func(s *scene) {
		call := s.call("key", "1")
		first := called(call, s.event())
		s.mustRecord(first)
		entry := called(call, s.referred("s", "1"))
		entry.RecordKey, entry.RequestHashes = s.remembered(call).Key, [][]byte{requestHash(1)}
		entry.Replays = []models.Replay{{RequestHash: requestHash(0), Event: first.Events[0]}}
		s.mustBeStale(entry)
		s.mustRemember(call, first.Events...)
		s.mustHaveNothing(s.call("no such", "1"), s.password("otp"), "1")
	}},
	{"change nothing when the same entry is recorded again", func(s *scene) {
		call := s.call("key", "1")
		entry := called(call, s.many(2)...)
		entry.Replays = []models.Replay{{RequestHash: requestHash(2), Event: entry.Events[1]}}
		s.mustRecord(entry)
		repeated := again(entry)
		repeated.Replays = []models.Replay{{RequestHash: requestHash(2), Event: repeated.Events[1]}}
		s.mustRecord(repeated)
		s.mustRemember(call, repeated.Events[0], repeated.Events[1], repeated.Events[1])
	}},
	{"of a call that is no longer remembered are stale", func(s *scene) {
		before, call := s.event(), s.call("key", "1")
		s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{before}, At: now})
		s.mustBeStale(models.WriteSet{Key: &call, RecordKey: 4711, Replays: []models.Replay{{RequestHash: requestHash(0), Event: before}}, At: now})
		s.mustBeStale(models.WriteSet{Key: &call, RecordKey: 4711, At: now})
		entry := called(call, s.referred("s", "1"))
		entry.RecordKey = 4711
		s.mustBeStale(entry)
		s.mustHaveNothing(call, s.password("otp"), "1")
	}},
	{"the time of a call is that of its last use", func(s *scene) {
		call := s.call("key", "1")
		s.mustRecord(called(call, s.event()))
		s.mustBeUsedAt(call, now)
		key := s.remembered(call).Key
		with := called(call, s.event())
		with.RecordKey, with.RequestHashes, with.At = key, [][]byte{requestHash(1)}, now.Add(71*time.Hour)
		s.mustRecord(with)
		s.mustBeUsedAt(call, now.Add(71*time.Hour))
		s.mustRecord(models.WriteSet{Key: &call, RecordKey: key, At: now.Add(142 * time.Hour)})
		s.mustBeUsedAt(call, now.Add(142*time.Hour))
		// Another server's clock may be behind.
		s.mustRecord(models.WriteSet{Key: &call, RecordKey: key, At: now.Add(time.Hour)})
		s.mustBeUsedAt(call, now.Add(142*time.Hour))
	}},
	{"the time of a call stays where the entry is refused", func(s *scene) {
		call := s.call("key", "1")
		s.mustRecord(called(call, s.referred("s", "1")))
		entry := called(call, s.referred("s", "1"))
		entry.RecordKey, entry.RequestHashes, entry.At = s.remembered(call).Key, [][]byte{requestHash(1)}, now.Add(time.Hour)
		s.mustBeStale(entry)
		s.mustBeUsedAt(call, now)
	}},
	{"the hashes of identifiers are kept byte for byte", func(s *scene) {
		var list []*models.WebCustomerEvent
		for i, hash := range [][]byte{nil, bytes.Repeat([]byte{0}, 24), bytes.Repeat([]byte{0xff}, 24), append([]byte("'\\\"\x00\n"), hashed("x")[:19]...)} {
			event := s.referred("hash", fmt.Sprint(i))
			event.IdentifiersHash = hash
			list = append(list, event)
		}
		s.mustReturn(list...)
	}},
	{"an entry whose references were not looked up is recorded as any other", func(s *scene) {
		entry := models.WriteSet{Events: []*models.WebCustomerEvent{s.referred("s", "1")}, At: now, Unchecked: true}
		s.mustBeAgain(entry)
		s.mustBeStale(models.WriteSet{Events: []*models.WebCustomerEvent{s.referred("s", "1")}, At: now, Unchecked: true})
	}},
}

func (s *scene) mustBeUsedAt(call models.IdempotencyKey, at time.Time) {
	s.Helper()
	if kept := s.remembered(call); kept == nil || !kept.UsedAt.Equal(at) {
		s.Errorf("remembered %+v, want one used at %s", kept, at)
	}
}

var amongPromises = append(
	eachKind("tells whether a record is among those that match", func(s *scene, kind models.Kind, by []models.Attribute) {
		keys := s.bearers(kind, alike)
		var candidates []models.Candidate
		var want []bool
		for _, attribute := range by {
			for i, value := range alike {
				for _, other := range []int{i, (i + 1) % len(alike)} {
					candidates = append(candidates, models.Candidate{Reference: models.Reference{Kind: kind, By: attribute, Value: value}, Key: keys[other]})
					want = append(want, other == i)
				}
			}
			candidates = append(candidates, models.Candidate{Reference: models.Reference{Kind: kind, By: attribute, Value: "nobody's"}, Key: keys[0]},
				models.Candidate{Reference: models.Reference{Kind: kind, By: attribute, Value: alike[0]}, Key: 1 << 40})
			want = append(want, false, false)
		}
		s.mustBeAmong(candidates, want)
	}),
	obligation{"tells it of a name that several have", func(s *scene) {
		data := Data{Accounts: []models.Account{{ID: "T1", Number: "T1", Name: "Alex Twin"}, {ID: "T2", Number: "T2", Name: "Alex Twin"}, {ID: "T3", Number: "T3", Name: "alex twin"}}}
		s.Add(s.T, data)
		var candidates []models.Candidate
		for _, account := range data.Accounts {
			candidates = append(candidates, models.Candidate{Reference: models.Reference{Kind: models.Accounts, By: models.ByName, Value: "Alex Twin"}, Key: account.Key})
		}
		s.mustBeAmong(candidates, []bool{true, true, false})
	}},
	obligation{"does not match an alternative code that a record has not got", func(s *scene) {
		data := Data{Units: []models.Unit{{ID: "U1", Name: "U1"}}}
		s.Add(s.T, data)
		s.mustBeAmong([]models.Candidate{{Reference: models.Reference{Kind: models.Units, By: models.ByAlternativeCode}, Key: data.Units[0].Key}}, []bool{false})
	}},
	obligation{"answers nothing to no candidates, and fails when the context is over", func(s *scene) {
		s.mustBeAmong(nil, nil)
		ctx, cancel := context.WithCancel(s.Context())
		cancel()
		if _, err := s.Among(ctx, []models.Candidate{{Reference: models.Reference{Kind: models.Units, By: models.ByName, Value: s.unit.Name}, Key: s.unit.Key}}); err == nil {
			s.Error("Among succeeded")
		}
	}},
)

func (s *scene) mustBeAmong(candidates []models.Candidate, want []bool) {
	s.Helper()
	got, err := s.Among(s.Context(), candidates)
	if err != nil || len(got) != len(want) {
		s.Fatalf("Among: %d answers, %v, want %d", len(got), err, len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			s.Errorf("Among(%+v): %s", candidates[i], cmp.Diff(want[i], got[i]))
		}
	}
}
