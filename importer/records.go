package importer

import (
	"context"
	"fmt"
	"time"

	"customer-events/models"
)

// oneTimePasswordLife is how long a one-time password may be used whose row says nothing about it.
const oneTimePasswordLife = 5 * time.Minute

func writeAccounts(ctx context.Context, o *Options, rows []*row) error {
	return save(ctx, rows, o.To.UpsertAccounts, func(v []string) models.Account {
		return models.Account{ID: v[0], Number: v[1], Name: v[2]}
	})
}

func writeParticipants(ctx context.Context, o *Options, rows []*row) error {
	keys, rows, err := parents(ctx, o.To, rows, models.Accounts, 2, "account_number")
	if err != nil {
		return err
	}
	return save(ctx, rows, o.To.UpsertParticipants, func(v []string) models.Participant {
		return models.Participant{ID: v[0], Number: v[1], AccountKey: keys[v[2]]}
	})
}

// writeAccessTokens hashes the secrets: none goes further than here. A token with a one-time password has not spent it yet.
func writeAccessTokens(ctx context.Context, o *Options, rows []*row) error {
	keys, rows, err := parents(ctx, o.To, rows, models.Participants, 1, "participant_number")
	if err != nil {
		return err
	}
	return save(ctx, rows, o.To.UpsertAccessTokens, func(v []string) models.AccessToken {
		token := models.AccessToken{Number: v[0], ParticipantKey: keys[v[1]], State: v[2], Identifier: optional(v[4])}
		if v[3] != "" {
			token.AuthenticationCodeHash = o.Secrets.AuthenticationCode(v[3])
		}
		if v[5] != "" {
			token.PassCodeHash = o.Secrets.PassCode(token.Number, v[5])
		}
		if v[6] != "" {
			token.OneTimePasswordHash = o.Secrets.OneTimePassword(v[6])
			expires := o.Now().Add(oneTimePasswordLife).UTC().Truncate(time.Microsecond)
			if v[7] != "" {
				expires, _ = models.ParseDateTime(v[7], time.UTC) // checkDateTime has seen it
			}
			token.OneTimePasswordExpiresAt = &expires
		}
		return token
	})
}

func writeClassifications(ctx context.Context, o *Options, rows []*row) error {
	return save(ctx, rows, o.To.UpsertClassifications, func(v []string) models.Classification {
		return models.Classification{ID: v[0], Name: v[1], AlternativeCode: optional(v[2]), Type: v[3]}
	})
}

func writeUnits(ctx context.Context, o *Options, rows []*row) error {
	return save(ctx, rows, o.To.UpsertUnits, func(v []string) models.Unit {
		return models.Unit{ID: v[0], Name: v[1], AlternativeCode: optional(v[2])}
	})
}

func optional(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}

// save writes rows as records and notes which are refused.
func save[T any](ctx context.Context, rows []*row, upsert func(context.Context, []T) (map[int]error, error), record func(values []string) T) error {
	records := make([]T, len(rows))
	for i, row := range rows {
		records[i] = record(row.values)
	}
	refused, err := upsert(ctx, records)
	if err != nil {
		return err
	}
	for i, why := range refused {
		rows[i].err = why
	}
	return nil
}

// parents finds, with one question, the records that the rows' column points at by number. It returns their keys by number,
// and the rows whose parent is there.
func parents(ctx context.Context, to Target, rows []*row, kind models.Kind, place int, column string) (keys map[string]int64, found []*row, err error) {
	keys = make(map[string]int64)
	var refs []models.Reference
	for _, row := range rows {
		number := row.values[place]
		if _, asked := keys[number]; !asked {
			keys[number] = 0
			refs = append(refs, models.Reference{Kind: kind, By: models.ByNumber, Value: number})
		}
	}
	matches, err := to.Find(ctx, refs)
	if err != nil {
		return nil, nil, err
	}
	for i, match := range matches {
		if match.Count == 1 {
			keys[refs[i].Value] = match.Key
		} else {
			delete(keys, refs[i].Value)
		}
	}
	for _, row := range rows {
		if _, ok := keys[row.values[place]]; ok {
			found = append(found, row)
		} else {
			row.err = fmt.Errorf("%s (%s) not found", column, models.Shown(row.values[place]))
		}
	}
	return keys, found, nil
}
