package importer

import (
	"context"
	"fmt"
	"time"

	"customer-events/models"
)

// oneTimePasswordTTL is how long a new one-time password is valid if its row has no expiry.
const oneTimePasswordTTL = 5 * time.Minute

// plainValues returns the values for a kind whose file and table have the same columns.
func plainValues(_ *Options, r *row, _ int64) []any {
	values := make([]any, len(r.values))
	for i := range values {
		values[i] = r.value(i)
	}
	return values
}

func participantValues(_ *Options, r *row, account int64) []any {
	return []any{r.value(0), r.value(1), account}
}

// accessTokenValues returns the values of an access token, and replaces its secrets by their hashes.
func accessTokenValues(o *Options, r *row, participant int64) []any {
	older := o.Hasher.Previous()
	secret := func(column int, hash func(*models.KeyedHasher, string) []byte) any {
		value, ok := r.value(column).(string)
		if !ok {
			return r.value(column)
		}
		hashed := &models.HashedSecret{Hash: hash(o.Hasher, value)}
		for _, key := range older {
			hashed.Older = append(hashed.Older, hash(key, value))
		}
		return hashed
	}
	values := []any{
		r.value(0),
		participant,
		r.value(2),
		secret(3, (*models.KeyedHasher).AuthenticationCode),
		r.value(4),
		r.value(5),
		secret(6, (*models.KeyedHasher).OneTimePassword),
		r.value(7),
	}
	if passCode, ok := values[5].(string); ok {
		values[5] = &models.HashedSecret{Hash: o.Hasher.PassCode(r.values[0], passCode),
			Same: func(tokenNumber string, hash []byte) bool {
				return o.Hasher.VerifyPassCode(hash, tokenNumber, passCode)
			}}
	}
	if text, ok := values[7].(string); ok {
		values[7], _ = models.ParseDateTime(text, time.UTC) // checkDateTime has checked it
	}
	return values
}

// upsert writes the rows once, and stores their results.
func (im *importRun) upsert(ctx context.Context, rows []*row, results []models.Upserted) error {
	keys, err := im.findParents(ctx, rows)
	if err != nil {
		return err
	}
	now := im.options.Now().UTC().Truncate(time.Microsecond)
	var found []int
	var upserts []models.Upsert
	for i, row := range rows {
		var key int64
		if parent := im.kind.parent; parent > 0 {
			var ok bool
			if key, ok = keys[row.values[parent]]; !ok {
				results[i] = models.Upserted{Err: fmt.Errorf("%s (%s) not found: import %s first",
					im.kind.columns[parent].name, models.Sanitize(row.values[parent]), im.kind.parentKind)}
				continue
			}
		}
		found = append(found, i)
		upserts = append(upserts, models.Upsert{
			Values:         im.kind.values(&im.options, row, key),
			At:             now,
			PasswordExpiry: now.Add(oneTimePasswordTTL),
		})
	}
	if len(found) == 0 {
		return nil
	}
	upserted, err := im.options.To.Upsert(ctx, im.kind.of, upserts, im.trial)
	for n, i := range found {
		if n < len(upserted) {
			results[i] = upserted[n]
		}
	}
	return err
}

// findParents looks up, in one call, the records to which the rows refer by number. It returns their keys by
// number.
func (im *importRun) findParents(ctx context.Context, rows []*row) (map[string]int64, error) {
	if im.kind.parent == 0 {
		return nil, nil
	}
	kind, err := kindOf(im.kind.parentKind)
	if err != nil {
		return nil, err
	}
	seen, keys := make(map[string]bool), make(map[string]int64)
	var refs []models.Reference
	for _, row := range rows {
		if number := row.values[im.kind.parent]; !seen[number] {
			seen[number] = true
			refs = append(refs, models.Reference{Kind: kind.of, By: models.ByNumber, Value: number})
		}
	}
	matches, err := im.options.To.Find(ctx, refs)
	if err != nil {
		return nil, err
	}
	for i, match := range matches {
		if match.Count == 1 {
			keys[refs[i].Value] = match.Key
		}
	}
	return keys, nil
}
