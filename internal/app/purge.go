package app

import (
	"context"
	"log/slog"
	"time"

	"customer-events/internal/store"
)

const (
	// idempotencyTTL is how long idempotency keys are kept after their last use. Source: the contract, at
	// least 72 hours.
	idempotencyTTL = 72 * time.Hour
	// purgeInterval is the pause between two purges.
	purgeInterval = 5 * time.Minute
)

// purgeExpired deletes expired sessions, counters of failed attempts and idempotency keys again and again,
// until the context ends.
func purgeExpired(ctx context.Context, db *store.Store, log *slog.Logger) {
	for {
		if err := db.PurgeExpired(ctx, idempotencyTTL); err != nil && ctx.Err() == nil {
			log.Warn("purging expired sessions, counters of failed attempts and idempotency keys",
				"error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(purgeInterval):
		}
	}
}
