package app

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"customer-events/internal/middleware"
	"customer-events/internal/store"
	"customer-events/internal/telemetry"
	"customer-events/models"
)

// DemoHandler serves the demo data of an open database. Calls are tried for a moment only.
func DemoHandler(ctx context.Context, url string, db *store.Store, key []byte, log *slog.Logger) (http.Handler, error) {
	secrets := models.NewKeyedHasher(key)
	if err := loadDemo(ctx, db, secrets); err != nil {
		return nil, err
	}
	traces, err := telemetry.NewTracing(ctx, "", "", log)
	if err != nil {
		return nil, err
	}
	sites, err := middleware.ParseCrossOrigin("")
	if err != nil {
		return nil, err
	}
	c := config{database: url, crossOrigin: sites, zone: time.UTC, futureTolerance: time.Hour, callTimeout: 200 * time.Millisecond}
	handler, _ := routes(c, "", db, secrets, log, newRequestLog(log), newMetrics(c, Env{}, db), traces, new(atomic.Bool))
	return handler, nil
}
