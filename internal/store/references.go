package store

import (
	"context"
	"strings"

	"customer-events/models"
)

// tables are the tables of the kinds. columns are the first two columns of a models.Match: the record's
// key and, for participants, the key of their account. scope is a condition that limits the records.
var tables = [...]struct{ name, columns, scope string }{
	models.Accounts:     {"accounts_receivable", "account_key, 0", ""},
	models.Participants: {"rewards_participants", "participant_key, account_key", ""},
	models.Classifications: {"classifications", "classification_key, 0",
		" AND type = '" + models.WebEvent + "'"},
	models.Units: {"units", "unit_key, 0", ""},
}

// attributes are the columns of the attributes.
var attributes = [...]string{
	models.ByID:                 "id",
	models.ByNumber:             "number",
	models.ByName:               "name",
	models.ByAlternativeCode:    "alternative_code",
	models.ByAuthenticationCode: "authentication_code_hash",
	models.ByIdentifier:         "identifier",
	models.ByOneTimePassword:    "one_time_password_hash",
}

// shared are the attributes that several records may have in common. All others have a unique key.
var shared = map[models.Kind]models.Attribute{models.Accounts: models.ByName}

// maxUnions limits the SELECTs of a UNION ALL. SQLite allows 500 in a compound SELECT.
const maxUnions = 200

// Find looks up references with one query. If many records share a name, it reads two of them, which shows
// that the name is ambiguous.
func (s *Store) Find(ctx context.Context, refs []models.Reference) ([]models.Match, error) {
	l := s.newLookup()
	for _, ref := range refs {
		l.reference(ref)
	}
	return l.matches, l.run(ctx, s.reader())
}

// AccessTokens looks up access tokens and their participants, with one query for each attribute.
func (s *Store) AccessTokens(ctx context.Context, refs []models.Reference) ([][]models.AccessToken, error) {
	found := make([][]models.AccessToken, len(refs))
	err := s.grouped(refs, func(_ models.Kind, by models.Attribute, values []any, at map[string]int) error {
		var tokens []models.AccessToken
		if err := s.read.WithContext(ctx).Where(attributes[by]+" IN ?", values).Find(&tokens).Error; err != nil {
			return err
		}
		participants, err := s.participantsOf(ctx, tokens)
		if err != nil {
			return err
		}
		for _, token := range tokens {
			token.Participant = participants[token.ParticipantKey]
			var value string
			switch by {
			case models.ByAuthenticationCode:
				value = string(token.AuthenticationCodeHash)
			case models.ByOneTimePassword:
				value = string(token.OneTimePasswordHash)
			default:
				value = *token.Identifier
			}
			if i, ok := at[value]; ok {
				found[i] = append(found[i], token)
			}
		}
		return nil
	})
	return found, s.dialect.classify(err, false)
}

// participantsOf reads the participants of the tokens, by key.
func (s *Store) participantsOf(
	ctx context.Context, tokens []models.AccessToken,
) (map[int64]models.Participant, error) {
	keys := make([]int64, len(tokens))
	for i, token := range tokens {
		keys[i] = token.ParticipantKey
	}
	var participants []models.Participant
	err := s.read.WithContext(ctx).Where("participant_key IN ?", keys).Find(&participants).Error
	byKey := make(map[int64]models.Participant, len(participants))
	for _, participant := range participants {
		byKey[participant.Key] = participant
	}
	return byKey, err
}

// grouped calls query once for each kind and attribute, with the values to look up and their indexes
// among the references.
func (s *Store) grouped(
	refs []models.Reference,
	query func(kind models.Kind, by models.Attribute, values []any, at map[string]int) error,
) error {
	type group struct {
		kind models.Kind
		by   models.Attribute
	}
	members := make(map[group][]int)
	var order []group
	for i, ref := range refs {
		g := group{ref.Kind, ref.By}
		if members[g] == nil {
			order = append(order, g)
		}
		members[g] = append(members[g], i)
	}
	for _, g := range order {
		values, at := make([]any, 0, len(members[g])), make(map[string]int, len(members[g]))
		for _, i := range members[g] {
			value := refs[i].Value
			at[value] = i
			if g.kind == models.AccessTokens && g.by != models.ByIdentifier {
				values = append(values, []byte(value)) // a hash, which is not text in the database
			} else {
				values = append(values, value)
			}
		}
		err := splitStatement(s.dialect, len(values), func(from, to int) error {
			return query(g.kind, g.by, values[from:to], at)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// placeholders returns n placeholders: "?,?,…".
func placeholders(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }
