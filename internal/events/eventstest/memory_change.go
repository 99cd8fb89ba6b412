package eventstest

import (
	"slices"

	"customer-events/models"
)

// Change gives records other ids, numbers, names, codes or accounts, and access tokens other secrets, as an
// import does. The records keep their keys, which must be set. No other World need have it.
func (m *Memory) Change(data Data) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range data.Accounts {
		a := &data.Accounts[i]
		m.forget(models.Accounts, a.Key)
		m.name(models.Accounts, a.Key, 0, map[models.Attribute]*string{models.ByID: &a.ID, models.ByNumber: &a.Number, models.ByName: &a.Name})
	}
	for i := range data.Participants {
		p := &data.Participants[i]
		m.forget(models.Participants, p.Key)
		m.participants[p.Key] = *p
		m.name(models.Participants, p.Key, p.AccountKey, map[models.Attribute]*string{models.ByID: &p.ID, models.ByNumber: &p.Number})
	}
	for i := range data.Classifications {
		c := &data.Classifications[i]
		m.forget(models.Classifications, c.Key)
		if c.Type == models.WebEvent {
			m.name(models.Classifications, c.Key, 0, map[models.Attribute]*string{
				models.ByID: &c.ID, models.ByName: &c.Name, models.ByAlternativeCode: c.AlternativeCode})
		}
	}
	for i := range data.Units {
		u := &data.Units[i]
		m.forget(models.Units, u.Key)
		m.name(models.Units, u.Key, 0, map[models.Attribute]*string{models.ByID: &u.ID, models.ByName: &u.Name, models.ByAlternativeCode: u.AlternativeCode})
	}
	for i := range data.AccessTokens {
		t := data.AccessTokens[i]
		for ref, keys := range m.holders {
			m.holders[ref] = slices.DeleteFunc(keys, func(key int64) bool { return key == t.Key })
		}
		m.tokens[t.Key] = &t
		m.holdAll(t)
	}
}

// forget lets a record be found by nothing.
func (m *Memory) forget(kind models.Kind, key int64) {
	for ref, list := range m.matches {
		if ref.Kind == kind {
			m.matches[ref] = slices.DeleteFunc(list, func(match models.Match) bool { return match.Key == key })
		}
	}
}
