package importer

import (
	"context"
	"errors"
	"time"

	"customer-events/internal/backoff"
	"customer-events/models"
)

// upsertWithRetry writes the valid rows of a chunk. It retries while the database is unavailable, after a
// conflict with another transaction, and after an unknown outcome.
func (im *importRun) upsertWithRetry(ctx context.Context, rows []*row, atEnd bool) error {
	var good []*row
	for _, row := range rows {
		switch {
		case row.err != nil:
		case !atEnd && im.waitsForIDs(row):
			im.postpone(row, models.Upserted{})
		default:
			good = append(good, row)
		}
	}
	if len(good) == 0 {
		return nil
	}
	const maxTries = 12 // about 20 seconds
	between := backoff.Exponential{First: 20 * time.Millisecond, Longest: 4 * time.Second}
	results, unknown := make([]models.Upserted, len(good)), make([]models.Upserted, len(good))
	for try := 1; ; try++ {
		err := im.upsert(ctx, good, results)
		if err == nil {
			im.applyResults(good, results, unknown, atEnd)
		}
		if !retryable(err) || try == maxTries {
			return err
		}
		if errors.Is(err, models.ErrCommitUnknown) {
			copy(unknown, results)
		}
		if err := backoff.Sleep(ctx, between.Delay(try-1)); err != nil {
			return err
		}
	}
}

func retryable(err error) bool {
	return errors.Is(err, models.ErrAborted) || errors.Is(err, models.ErrUnavailable) ||
		errors.Is(err, models.ErrCommitUnknown)
}

// applyResults stores the results of the rows. If a row is unchanged because an earlier try with an unknown
// outcome has written it, the row gets the result of that try.
func (im *importRun) applyResults(rows []*row, results, unknown []models.Upserted, atEnd bool) {
	for i, row := range rows {
		result := results[i]
		if result.Change == models.Unchanged && unknown[i].Change != models.Refused {
			result.Change = unknown[i].Change
		}
		row.change, row.err, row.postponed = result.Change, result.Err, false
		if !atEnd && result.Err != nil && len(result.Holders) > 0 {
			im.postpone(row, result)
		}
	}
}

// waitsForIDs reports whether a row identifies its record by name. Such a row is written after all rows with
// an id, because those may change the names.
func (im *importRun) waitsForIDs(row *row) bool {
	first := im.kind.natural[0]
	return len(im.kind.natural) > 1 && row.values[first] == "" && (row.given[first] || row.json)
}
