package store

import (
	"context"
	"strings"

	"customer-events/models"
)

// tables says where the records of a kind are and what stands before a match: the record's key and, for participants, the
// key of their account.
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

// Find asks once for each kind and attribute among the references.
func (s *Store) Find(ctx context.Context, refs []models.Reference) ([]models.Match, error) {
	matches := make([]models.Match, len(refs))
	err := grouped(refs, func(kind models.Kind, by models.Attribute, values []any, at map[string]int) error {
		table := tables[kind]
		rows, err := s.reader().QueryContext(ctx, "SELECT "+table.columns+", "+attributes[by]+" FROM "+table.name+
			" WHERE "+attributes[by]+" IN ("+placeholders(len(values))+")"+table.scope, values...)
		if err != nil {
			return err
		}
		defer rows.Close()
		var found models.Match
		var value []byte
		for rows.Next() {
			if err := rows.Scan(&found.Key, &found.AccountKey, &value); err != nil {
				return err
			}
			// The map compares bytes once more, whatever the column's collation may think.
			if i, asked := at[string(value)]; asked {
				found.Count = matches[i].Count + 1
				matches[i] = found
			}
		}
		return rows.Err()
	})
	return matches, s.dialect.classify(err, false)
}

// AccessTokens asks once for each attribute among the references.
func (s *Store) AccessTokens(ctx context.Context, refs []models.Reference) ([][]models.AccessToken, error) {
	found := make([][]models.AccessToken, len(refs))
	err := grouped(refs, func(_ models.Kind, by models.Attribute, values []any, at map[string]int) error {
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

func (s *Store) participantsOf(ctx context.Context, tokens []models.AccessToken) (map[int64]models.Participant, error) {
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

// grouped calls ask once for each kind and attribute, with the values to look for and their places among the references.
func grouped(refs []models.Reference, ask func(kind models.Kind, by models.Attribute, values []any, at map[string]int) error) error {
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
		err := inParts(len(values), func(from, to int) error { return ask(g.kind, g.by, values[from:to], at) })
		if err != nil {
			return err
		}
	}
	return nil
}

// placeholders is "?,?,…".
func placeholders(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

// Keys finds the keys of all records that a reference matches.
func (s *Store) Keys(ctx context.Context, ref models.Reference) ([]int64, error) {
	table, keys := tables[ref.Kind], []int64{}
	column, _, _ := strings.Cut(table.columns, ",")
	err := s.read.WithContext(ctx).Table(table.name).Where(attributes[ref.By]+" = ?", ref.Value).Pluck(column, &keys).Error
	return keys, s.dialect.classify(err, false)
}
