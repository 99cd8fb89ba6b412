package eventstest

import (
	"slices"

	"customer-events/models"
)

// Change replaces ids, numbers, names, codes and accounts of records, and secrets of access tokens, as an
// import does. The records keep their keys, which must be set. It is not part of World.
func (m *Memory) Change(data Data) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range data.Accounts {
		a := &data.Accounts[i]
		m.removeMatches(models.Accounts, a.Key)
		m.addMatches(models.Accounts, a.Key, 0, accountAttributes(a))
	}
	for i := range data.Participants {
		p := &data.Participants[i]
		m.removeMatches(models.Participants, p.Key)
		m.participants[p.Key] = *p
		m.addMatches(models.Participants, p.Key, p.AccountKey, participantAttributes(p))
	}
	for i := range data.Classifications {
		c := &data.Classifications[i]
		m.removeMatches(models.Classifications, c.Key)
		if c.Type == models.WebEvent {
			m.addMatches(models.Classifications, c.Key, 0, classificationAttributes(c))
		}
	}
	for i := range data.Units {
		u := &data.Units[i]
		m.removeMatches(models.Units, u.Key)
		m.addMatches(models.Units, u.Key, 0, unitAttributes(u))
	}
	for i := range data.AccessTokens {
		t := data.AccessTokens[i]
		for ref, keys := range m.tokensByReference {
			m.tokensByReference[ref] = slices.DeleteFunc(keys, func(key int64) bool { return key == t.Key })
		}
		m.tokens[t.Key] = &t
		m.addTokenReferences(t)
	}
}

// removeMatches removes a record from the results of all references.
func (m *Memory) removeMatches(kind models.Kind, key int64) {
	for ref, list := range m.matches {
		if ref.Kind == kind {
			m.matches[ref] = slices.DeleteFunc(
				list,
				func(match models.Match) bool { return match.Key == key },
			)
		}
	}
}

// attributes are the values that identify a record.
type attributes map[models.Attribute]*string

func accountAttributes(a *models.Account) attributes {
	return attributes{models.ByID: &a.ID, models.ByNumber: &a.Number, models.ByName: &a.Name}
}

func participantAttributes(p *models.Participant) attributes {
	return attributes{models.ByID: &p.ID, models.ByNumber: &p.Number}
}

func classificationAttributes(c *models.Classification) attributes {
	return attributes{
		models.ByID:              &c.ID,
		models.ByName:            &c.Name,
		models.ByAlternativeCode: c.AlternativeCode,
	}
}

func unitAttributes(u *models.Unit) attributes {
	return attributes{
		models.ByID:              &u.ID,
		models.ByName:            &u.Name,
		models.ByAlternativeCode: u.AlternativeCode,
	}
}
