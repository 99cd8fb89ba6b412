package eventstest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"customer-events/models"
)

// Memory is a World in memory. It is safe for concurrent use.
type Memory struct {
	mu                sync.Mutex
	lastKey           int64
	matches           map[models.Reference][]models.Match
	participants      map[int64]models.Participant
	tokens            map[int64]*models.AccessToken
	tokensByReference map[models.Reference][]int64

	sessions          map[string]session
	lastNumber        int64
	events            map[int64]models.WebCustomerEvent
	numbers           map[models.ID]int64
	numberByReference map[models.ExternalReference]int64
	keyRecords        map[keyName]*models.IdempotencyRecord
	counters          models.Counters
}

// session is the caller of a token, and the end of the token's validity.
type session struct {
	caller models.Caller
	until  time.Time
}

type keyName struct {
	user    int64
	keyHash string
}

// NewMemory returns an empty World.
func NewMemory() *Memory {
	return &Memory{
		matches:           make(map[models.Reference][]models.Match),
		participants:      make(map[int64]models.Participant),
		tokens:            make(map[int64]*models.AccessToken),
		tokensByReference: make(map[models.Reference][]int64),
		sessions:          make(map[string]session),
		events:            make(map[int64]models.WebCustomerEvent),
		numbers:           make(map[models.ID]int64),
		numberByReference: make(map[models.ExternalReference]int64),
		keyRecords:        make(map[keyName]*models.IdempotencyRecord),
		counters:          make(models.Counters),
	}
}

// Add implements World.
func (m *Memory) Add(_ testing.TB, data Data) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range data.Users {
		data.Users[i].Key = m.newKey()
	}
	for i := range data.Accounts {
		a := &data.Accounts[i]
		a.Key = m.newKey()
		m.addMatches(models.Accounts, a.Key, 0, accountAttributes(a))
	}
	for i := range data.Participants {
		p := &data.Participants[i]
		p.Key = m.newKey()
		m.participants[p.Key] = *p
		m.addMatches(models.Participants, p.Key, p.AccountKey, participantAttributes(p))
	}
	for i := range data.Classifications {
		c := &data.Classifications[i]
		if c.Key = m.newKey(); c.Type == models.WebEvent {
			m.addMatches(models.Classifications, c.Key, 0, classificationAttributes(c))
		}
	}
	for i := range data.Units {
		u := &data.Units[i]
		u.Key = m.newKey()
		m.addMatches(models.Units, u.Key, 0, unitAttributes(u))
	}
	for i := range data.AccessTokens {
		t := &data.AccessTokens[i]
		t.Key = m.newKey()
		stored := *t
		m.tokens[t.Key] = &stored
		m.addTokenReferences(stored)
	}
}

// addTokenReferences makes an access token findable by its identifier and by its secrets.
func (m *Memory) addTokenReferences(t models.AccessToken) {
	if t.Identifier != nil {
		m.addToken(models.ByIdentifier, *t.Identifier, t.Key)
	}
	if t.AuthenticationCodeHash != nil {
		m.addToken(models.ByAuthenticationCode, string(t.AuthenticationCodeHash), t.Key)
	}
	if t.OneTimePasswordHash != nil {
		m.addToken(models.ByOneTimePassword, string(t.OneTimePasswordHash), t.Key)
	}
}

func (m *Memory) newKey() int64 {
	m.lastKey++
	return m.lastKey
}

func (m *Memory) addMatches(kind models.Kind, key, accountKey int64, values attributes) {
	for by, value := range values {
		if value == nil {
			continue
		}
		ref := models.Reference{Kind: kind, By: by, Value: *value}
		m.matches[ref] = append(m.matches[ref], models.Match{Count: 1, Key: key, AccountKey: accountKey})
	}
}

func (m *Memory) addToken(by models.Attribute, value string, key int64) {
	ref := models.Reference{Kind: models.AccessTokens, By: by, Value: value}
	m.tokensByReference[ref] = append(m.tokensByReference[ref], key)
}

// Find implements events.ReferenceResolver.
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

// Among implements events.ReferenceResolver.
func (m *Memory) Among(ctx context.Context, candidates []models.Candidate) ([]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	among := make([]bool, len(candidates))
	for i, candidate := range candidates {
		among[i] = slices.ContainsFunc(
			m.matches[candidate.Reference],
			func(match models.Match) bool { return match.Key == candidate.Key },
		)
	}
	return among, ctx.Err()
}

// AccessTokens implements events.ReferenceResolver.
func (m *Memory) AccessTokens(ctx context.Context, refs []models.Reference) ([][]models.AccessToken, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := make([][]models.AccessToken, len(refs))
	for i, ref := range refs {
		for _, key := range m.tokensByReference[ref] {
			token := *m.tokens[key]
			token.Participant = m.participants[token.ParticipantKey]
			found[i] = append(found[i], token)
		}
	}
	return found, ctx.Err()
}

// IdempotencyRecord implements events.EventStore.
func (m *Memory) IdempotencyRecord(
	ctx context.Context,
	call models.IdempotencyKey,
) (*models.IdempotencyRecord, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	stored := m.keyRecords[keyName{call.UserKey, string(call.KeyHash)}]
	if stored == nil || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return &models.IdempotencyRecord{
		Key:         stored.Key,
		Fingerprint: slices.Clone(stored.Fingerprint),
		Events:      maps.Clone(stored.Events),
		UsedAt:      stored.UsedAt,
	}, nil
}

// ByExternalReference implements events.EventStore.
func (m *Memory) ByExternalReference(
	ctx context.Context,
	refs []models.ExternalReference,
) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := make(map[models.ExternalReference]models.WebCustomerEvent)
	for _, ref := range refs {
		if number, ok := m.numberByReference[ref]; ok {
			found[ref] = m.events[number]
		}
	}
	return found, ctx.Err()
}

// Events returns all recorded events in the order of their numbers. It is not part of World.
func (m *Memory) Events() []models.WebCustomerEvent {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]models.WebCustomerEvent, 0, len(m.events))
	for _, number := range slices.Sorted(maps.Keys(m.events)) {
		list = append(list, m.events[number])
	}
	return list
}

// CountAttempts implements events.Lockout.
func (m *Memory) CountAttempts(ctx context.Context, attempts models.Attempts) ([]time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	until, _ := m.counters.Evaluate(attempts)
	return until, nil
}

// ResetCounters removes all failed attempts. It is not part of World.
func (m *Memory) ResetCounters() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.counters)
}

// StartSession implements World.
func (m *Memory) StartSession(
	_ context.Context, tokenHash []byte, user models.User, _, until time.Time,
) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[string(tokenHash)] = session{models.Caller{UserKey: user.Key, Name: user.Name}, until}
	return true, nil
}

// EndSession implements World.
func (m *Memory) EndSession(_ context.Context, tokenHash []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, string(tokenHash))
	return nil
}

// Pass implements events.EventStore. No call shares anything with another.
func (m *Memory) Pass(ctx context.Context, call *models.PassMember) error {
	var found models.Findings
	m.mu.Lock()
	if s, ok := m.sessions[string(call.TokenHash)]; ok && call.At.Before(s.until) {
		found.Caller = &s.caller
	}
	found.Recorded = make([]bool, len(call.ExternalReferences))
	for i, ref := range call.ExternalReferences {
		_, found.Recorded[i] = m.numberByReference[ref]
	}
	m.mu.Unlock()
	var err error
	if found.Matches, err = m.Find(ctx, call.References); err != nil {
		return err
	}
	set := call.Judge(found)
	if len(set.Events) == 0 {
		return nil
	}
	return m.Record(context.WithoutCancel(ctx), set)
}
