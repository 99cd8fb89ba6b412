package importer

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"customer-events/models"
)

// write writes the good rows of a chunk, and writes them again if the database was away or somebody else
// was in the way.
func (im *importing) write(ctx context.Context, rows []*row, atEnd bool) error {
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
	const shortest, longest, tries = 20 * time.Millisecond, 4 * time.Second, 12 // about 20 seconds
	wait := shortest
	results, unknown := make([]models.Upserted, len(good)), make([]models.Upserted, len(good))
	for try := 1; ; try++ {
		err := im.save(ctx, good, results)
		again := errors.Is(err, models.ErrAborted) || errors.Is(err, models.ErrUnavailable) || errors.Is(err, models.ErrCommitUnknown)
		if err == nil {
			im.settle(good, results, unknown, atEnd)
		}
		if !again || try == tries {
			return err
		}
		if errors.Is(err, models.ErrCommitUnknown) {
			copy(unknown, results)
		}
		select {
		case <-time.After(wait/2 + rand.N(wait/2)):
		case <-ctx.Done():
			return ctx.Err()
		}
		wait = min(2*wait, longest)
	}
}

// settle notes what became of the rows. Of a row that is as it should be since an earlier try, whose
// outcome was unknown, it counts what that try had done.
func (im *importing) settle(rows []*row, results, unknown []models.Upserted, atEnd bool) {
	for i, row := range rows {
		result := results[i]
		if result.Change == models.Unchanged && unknown[i].Change != models.Refused {
			result.Change = unknown[i].Change
		}
		row.change, row.err, row.later = result.Change, result.Err, false
		if !atEnd && result.Err != nil && len(result.Holders) > 0 {
			im.postpone(row, result)
		}
	}
}

// waitsForIDs reports whether a row is about the record that has its name when all ids of the file are
// settled.
func (im *importing) waitsForIDs(row *row) bool {
	first := im.kind.natural[0]
	return len(im.kind.natural) > 1 && row.values[first] == "" && (row.given[first] || row.json)
}
