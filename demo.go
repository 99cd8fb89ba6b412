package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"customer-events/auth"
	"customer-events/importer"
	"customer-events/models"
	"customer-events/store"
)

//go:embed demo/*.csv
var demoData embed.FS

const (
	demoUser     = "demo"
	demoPassword = "demo-password"
)

// loadDemo imports the demo data and adds the demo user. It can be done again; a used one-time
// password stays used.
func loadDemo(ctx context.Context, db *store.Store, secrets *models.Secrets) error {
	for _, kind := range importer.Kinds() {
		data, err := demoData.ReadFile("demo/" + kind + ".csv")
		if err != nil {
			return err
		}
		var report strings.Builder
		result, err := importer.Run(ctx, importer.Options{Kind: kind, Input: strings.NewReader(string(data)), Size: int64(len(data)), To: db, Secrets: secrets, Report: &report})
		if err == nil && result.Bad > 0 {
			err = errors.New(report.String())
		}
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	err := db.AddUser(ctx, &models.User{Name: demoUser, PasswordHash: auth.HashPassword(demoPassword), CreatedAt: time.Now().UTC()}, nil)
	if errors.Is(err, store.ErrUserExists) {
		return nil
	}
	return err
}
