package eventstest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"customer-events/models"
)

// Memory is a World that forgets everything when the program ends. It is safe for concurrent use.
type Memory struct {
	mu           sync.Mutex
	lastKey      int64
	matches      map[models.Reference][]models.Match
	participants map[int64]models.Participant
	tokens       map[int64]*models.AccessToken
	holders      map[models.Reference][]int64

	lastNumber int64
	events     map[int64]models.WebCustomerEvent
	numbers    map[models.ID]int64
	taken      map[models.ExternalReference]int64
	calls      map[callName]*models.IdempotencyRecord
	tally      models.Counters
}

type callName struct {
	user    int64
	keyHash string
}

// NewMemory is an empty world.
func NewMemory() *Memory {
	return &Memory{
		matches:      make(map[models.Reference][]models.Match),
		participants: make(map[int64]models.Participant),
		tokens:       make(map[int64]*models.AccessToken),
		holders:      make(map[models.Reference][]int64),
		events:       make(map[int64]models.WebCustomerEvent),
		numbers:      make(map[models.ID]int64),
		taken:        make(map[models.ExternalReference]int64),
		calls:        make(map[callName]*models.IdempotencyRecord),
		tally:        make(models.Counters),
	}
}

// Add keeps the records and sets their keys.
func (m *Memory) Add(_ testing.TB, data Data) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range data.Users {
		data.Users[i].Key = m.key()
	}
	for i := range data.Accounts {
		a := &data.Accounts[i]
		a.Key = m.key()
		m.name(models.Accounts, a.Key, 0, map[models.Attribute]*string{models.ByID: &a.ID, models.ByNumber: &a.Number, models.ByName: &a.Name})
	}
	for i := range data.Participants {
		p := &data.Participants[i]
		p.Key = m.key()
		m.participants[p.Key] = *p
		m.name(models.Participants, p.Key, p.AccountKey, map[models.Attribute]*string{models.ByID: &p.ID, models.ByNumber: &p.Number})
	}
	for i := range data.Classifications {
		c := &data.Classifications[i]
		if c.Key = m.key(); c.Type == models.WebEvent {
			m.name(models.Classifications, c.Key, 0, map[models.Attribute]*string{
				models.ByID: &c.ID, models.ByName: &c.Name, models.ByAlternativeCode: c.AlternativeCode})
		}
	}
	for i := range data.Units {
		u := &data.Units[i]
		u.Key = m.key()
		m.name(models.Units, u.Key, 0, map[models.Attribute]*string{models.ByID: &u.ID, models.ByName: &u.Name, models.ByAlternativeCode: u.AlternativeCode})
	}
	for i := range data.AccessTokens {
		t := &data.AccessTokens[i]
		t.Key = m.key()
		kept := *t
		m.tokens[t.Key] = &kept
		m.holdAll(kept)
	}
}

// holdAll lets an access token be found by all that it has.
func (m *Memory) holdAll(t models.AccessToken) {
	if t.Identifier != nil {
		m.hold(models.ByIdentifier, *t.Identifier, t.Key)
	}
	if t.AuthenticationCodeHash != nil {
		m.hold(models.ByAuthenticationCode, string(t.AuthenticationCodeHash), t.Key)
	}
	if t.OneTimePasswordHash != nil {
		m.hold(models.ByOneTimePassword, string(t.OneTimePasswordHash), t.Key)
	}
}

func (m *Memory) key() int64 {
	m.lastKey++
	return m.lastKey
}

func (m *Memory) name(kind models.Kind, key, accountKey int64, values map[models.Attribute]*string) {
	for by, value := range values {
		if value == nil {
			continue
		}
		ref := models.Reference{Kind: kind, By: by, Value: *value}
		m.matches[ref] = append(m.matches[ref], models.Match{Count: 1, Key: key, AccountKey: accountKey})
	}
}

func (m *Memory) hold(by models.Attribute, value string, key int64) {
	ref := models.Reference{Kind: models.AccessTokens, By: by, Value: value}
	m.holders[ref] = append(m.holders[ref], key)
}

// Find is Directory's.
func (m *Memory) Find(ctx context.Context, refs []models.Reference) ([]models.Match, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	matches := make([]models.Match, len(refs))
	for i, ref := range refs {
		if found := m.matches[ref]; len(found) == 1 {
			matches[i] = found[0]
		} else {
			matches[i].Count = min(len(found), models.Several)
		}
	}
	return matches, ctx.Err()
}

// Among is Directory's.
func (m *Memory) Among(ctx context.Context, candidates []models.Candidate) ([]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	among := make([]bool, len(candidates))
	for i, candidate := range candidates {
		among[i] = slices.ContainsFunc(m.matches[candidate.Reference], func(match models.Match) bool { return match.Key == candidate.Key })
	}
	return among, ctx.Err()
}

// AccessTokens is Directory's.
func (m *Memory) AccessTokens(ctx context.Context, refs []models.Reference) ([][]models.AccessToken, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := make([][]models.AccessToken, len(refs))
	for i, ref := range refs {
		for _, key := range m.holders[ref] {
			token := *m.tokens[key]
			token.Participant = m.participants[token.ParticipantKey]
			found[i] = append(found[i], token)
		}
	}
	return found, ctx.Err()
}

// IdempotencyRecord is Ledger's.
func (m *Memory) IdempotencyRecord(ctx context.Context, call models.IdempotencyKey) (*models.IdempotencyRecord, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept := m.calls[callName{call.UserKey, string(call.KeyHash)}]
	if kept == nil || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return &models.IdempotencyRecord{Key: kept.Key, Fingerprint: slices.Clone(kept.Fingerprint), Events: maps.Clone(kept.Events), UsedAt: kept.UsedAt}, nil
}

// ByExternalReference is Ledger's.
func (m *Memory) ByExternalReference(ctx context.Context, refs []models.ExternalReference) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := make(map[models.ExternalReference]models.WebCustomerEvent)
	for _, ref := range refs {
		if number, ok := m.taken[ref]; ok {
			found[ref] = m.events[number]
		}
	}
	return found, ctx.Err()
}

// Events is everything that has been recorded, in the order of its numbers. No other World need have it.
func (m *Memory) Events() []models.WebCustomerEvent {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]models.WebCustomerEvent, 0, len(m.events))
	for _, number := range slices.Sorted(maps.Keys(m.events)) {
		list = append(list, m.events[number])
	}
	return list
}

// CountAttempts is Ledger's.
func (m *Memory) CountAttempts(ctx context.Context, guesses models.Attempts) ([]time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	until, _ := m.tally.Evaluate(guesses)
	return until, nil
}

// ResetCounters forgets all failed attempts. No other World need have it.
func (m *Memory) ResetCounters() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.tally)
}

// Record is Ledger's.
func (m *Memory) Record(ctx context.Context, entry models.WriteSet) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	// First of all, whether the entry is there already: then everything in it is taken, by itself.
	if written, err := m.written(entry); written || err != nil {
		return err
	}
	if err := m.fresh(entry); err != nil {
		return err
	}
	// Numbers have gaps, lest anybody come to count on there being none.
	m.lastNumber++
	var call *models.IdempotencyRecord
	if entry.Key != nil {
		name := callName{entry.Key.UserKey, string(entry.Key.KeyHash)}
		if call = m.calls[name]; call == nil {
			call = &models.IdempotencyRecord{Key: m.key(), Fingerprint: slices.Clone(entry.Key.Fingerprint), Events: make(map[string]models.EventRef)}
			m.calls[name] = call
		}
		if entry.At.After(call.UsedAt) {
			call.UsedAt = entry.At
		}
	}
	for i, event := range entry.Events {
		m.lastNumber++
		event.Number = m.lastNumber
		m.events[event.Number], m.numbers[event.ID] = *event, event.Number
		if ref, ok := event.ExternalReference(); ok {
			m.taken[ref] = event.Number
		}
		if call != nil {
			call.Events[string(entry.RequestHashes[i])] = models.EventRef{ID: event.ID, Number: event.Number}
		}
	}
	for _, replay := range entry.Replays {
		if call != nil {
			call.Events[string(replay.RequestHash)] = models.EventRef{ID: replay.Event.ID, Number: replay.Event.Number}
		}
	}
	for _, key := range entry.UsedTokens {
		m.tokens[key].OneTimePasswordSpentAt = &entry.At
	}
	return nil
}

// written reports whether this very entry has been recorded before, and if so sets the numbers of its events.
func (m *Memory) written(entry models.WriteSet) (bool, error) {
	known := 0
	for _, event := range entry.Events {
		if number, ok := m.numbers[event.ID]; ok {
			known++
			event.Number = number
		}
	}
	if 0 < known && known < len(entry.Events) {
		return false, fmt.Errorf("%d of %d ids belong to events of another entry", known, len(entry.Events))
	}
	return known != 0, nil
}

// fresh answers ErrStale if anything in the entry is taken or spent.
func (m *Memory) fresh(entry models.WriteSet) error {
	own := make(map[models.ExternalReference]bool)
	for _, event := range entry.Events {
		if ref, ok := event.ExternalReference(); ok {
			if m.taken[ref] != 0 || own[ref] {
				return fmt.Errorf("%w: an external reference is taken", models.ErrConflict)
			}
			own[ref] = true
		}
	}
	for _, key := range entry.UsedTokens {
		if m.tokens[key] == nil || m.tokens[key].OneTimePasswordSpentAt != nil {
			return fmt.Errorf("%w: a one-time password is spent", models.ErrConflict)
		}
	}
	if entry.Key == nil {
		return nil
	}
	call := m.calls[callName{entry.Key.UserKey, string(entry.Key.KeyHash)}]
	if (call == nil) != (entry.RecordKey == 0) || call != nil && call.Key != entry.RecordKey {
		return fmt.Errorf("%w: the call is remembered, or is no more", models.ErrConflict)
	}
	hashes := slices.Clone(entry.RequestHashes)
	for _, replay := range entry.Replays {
		hashes = append(hashes, replay.RequestHash)
	}
	for _, hash := range hashes {
		if call != nil && call.Events[string(hash)] != (models.EventRef{}) {
			return fmt.Errorf("%w: a request of the call is taken", models.ErrConflict)
		}
	}
	return nil
}
