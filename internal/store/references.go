package store

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"customer-events/models"
)

// tables says where the records of a kind are and what stands before a match: the record's key and, for
// participants, the key of their account.
var tables = [...]struct{ name, columns, scope string }{
	models.Accounts:        {"accounts_receivable", "account_key, 0", ""},
	models.Participants:    {"rewards_participants", "participant_key, account_key", ""},
	models.Classifications: {"classifications", "classification_key, 0", " AND type = '" + models.WebEvent + "'"},
	models.Units:           {"units", "unit_key, 0", ""},
}

var attributes = [...]string{
	models.ByID: "id", models.ByNumber: "number", models.ByName: "name", models.ByAlternativeCode: "alternative_code",
	models.ByAuthenticationCode: "authentication_code_hash", models.ByIdentifier: "identifier",
	models.ByOneTimePassword: "one_time_password_hash",
}

// shared are the attributes that several records may have in common. All others have a unique key.
var shared = map[models.Kind]models.Attribute{models.Accounts: models.ByName}

// maxAlone is how many values one statement asks for, each by itself. SQLite allows 500 in a compound
// SELECT.
const maxAlone = 200

// Find asks once for each kind and attribute among the references. Of a name that many records share it
// reads two, which is enough to know that it is ambiguous.
func (s *Store) Find(ctx context.Context, refs []models.Reference) ([]models.Match, error) {
	matches := make([]models.Match, len(refs))
	err := s.grouped(refs, func(kind models.Kind, by models.Attribute, values []any, at map[string]int) error {
		table := tables[kind]
		columns := "SELECT " + table.columns + ", " + attributes[by] + " FROM " + table.name + " WHERE " + attributes[by]
		query := columns + " IN (" + placeholders(len(values)) + ")" + table.scope
		attribute, mayBeShared := shared[kind]
		if !mayBeShared || attribute != by {
			_, err := s.match(ctx, query, values, matches, at)
			return err
		}
		most := models.Several * len(values)
		found, err := s.match(ctx, query+" LIMIT "+strconv.Itoa(most), values, matches, at)
		if err != nil || found < most {
			return err
		}
		// Some of the values have so many records that nothing is known of the others: every value by
		// itself.
		for _, value := range values {
			matches[at[value.(string)]] = models.Match{}
		}
		for part := range slices.Chunk(values, maxAlone) {
			two := columns + " = ?" + table.scope + " LIMIT " + strconv.Itoa(models.Several)
			alone := "SELECT * FROM (" + two + ") AS a"
			all := strings.Repeat(alone+" UNION ALL ", len(part)-1) + alone
			if _, err := s.match(ctx, all, part, matches, at); err != nil {
				return err
			}
		}
		return nil
	})
	return matches, s.dialect.classify(err, false)
}

// match adds what a query finds to the matches, and returns how many rows it found.
func (s *Store) match(
	ctx context.Context, query string, values []any, matches []models.Match, at map[string]int,
) (found int, err error) {
	rows, err := s.reader().QueryContext(ctx, query, values...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var row models.Match
	var value []byte
	for ; rows.Next(); found++ {
		if err := rows.Scan(&row.Key, &row.AccountKey, &value); err != nil {
			return found, err
		}
		// The map compares bytes once more, whatever the column's collation may think.
		if i, asked := at[string(value)]; asked {
			if row.Count = 1; matches[i].Count > 0 {
				row = models.Match{Count: models.Several}
			}
			matches[i] = row
		}
	}
	return found, rows.Err()
}

// AccessTokens asks once for each attribute among the references.
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
			if i, asked := at[value]; asked {
				found[i] = append(found[i], token)
			}
		}
		return nil
	})
	return found, s.dialect.classify(err, false)
}

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

// grouped calls ask once for each kind and attribute, with the values to look for and their places among
// the references.
func (s *Store) grouped(
	refs []models.Reference, ask func(kind models.Kind, by models.Attribute, values []any, at map[string]int) error,
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
				values = append(values, []byte(value)) // a hash: text on neither database
			} else {
				values = append(values, value)
			}
		}
		err := splitStatement(s.dialect, len(values), func(from, to int) error { return ask(g.kind, g.by, values[from:to], at) })
		if err != nil {
			return err
		}
	}
	return nil
}

// placeholders is "?,?,…".
func placeholders(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }
