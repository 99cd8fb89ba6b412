package app

import (
	"bytes"
	"context"
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"customer-events/internal/auth"
	"customer-events/internal/importer"
	"customer-events/internal/store"
	"customer-events/models"
)

// DemoData has a CSV file for each kind of reference data.
//
//go:embed demo/*.csv
var DemoData embed.FS

// DemoUser and DemoPassword are the demo login.
const (
	DemoUser     = "demo"
	DemoPassword = "demo-password"
)

// loadDemo imports the demo data and adds the demo user. It can be repeated; a used one-time password stays
// used.
func loadDemo(ctx context.Context, db *store.Store, secrets *models.KeyedHasher) error {
	// Another program may have filled the database since the first check. The mark comes first: if the loading
	// is interrupted, no database without the mark has a demo login.
	if err := refuseDemo(ctx, db); err != nil {
		return err
	}
	if err := db.MarkDemo(ctx); err != nil {
		return err
	}
	for _, kind := range importer.Kinds() {
		data, err := DemoData.ReadFile("demo/" + kind + ".csv")
		if err != nil {
			return err
		}
		var report strings.Builder
		result, err := importer.Run(ctx, importer.Options{
			Kind: kind, Input: bytes.NewReader(data), Size: int64(len(data)), To: db, Hasher: secrets,
			Report: &report,
		})
		if err == nil && result.Bad > 0 {
			err = errors.New(report.String())
		}
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	user := models.User{
		Name: DemoUser, PasswordHash: auth.HashPassword(DemoPassword), CreatedAt: time.Now().UTC(),
	}
	err := db.AddUser(ctx, &user, nil)
	if errors.Is(err, store.ErrUserExists) {
		return nil
	}
	return err
}

// demoAccounts returns the numbers of the demo's accounts.
func demoAccounts() ([]string, error) {
	data, err := DemoData.ReadFile("demo/accounts-receivable.csv")
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, err
	}
	number := slices.Index(rows[0], "number")
	var numbers []string
	for _, row := range rows[1:] {
		numbers = append(numbers, row[number])
	}
	return numbers, nil
}

// refuseDemo returns an error if the database has API users or accounts other than the demo's. The demo login
// is public, so that it must not get into a database in use, for instance through CRM_DEMO left over in a file
// of settings.
func refuseDemo(ctx context.Context, db *store.Store) error {
	accounts, err := demoAccounts()
	if err != nil {
		return err
	}
	user, account, err := db.OtherThan(ctx, DemoUser, accounts)
	if err != nil {
		return err
	}
	what := ""
	switch {
	case user != "":
		what = "API user " + models.Sanitize(user)
	case account != "":
		what = "account " + models.Sanitize(account)
	default:
		return nil
	}
	return fmt.Errorf("the database has the %s, which is not the demo's, and --demo would add a login to it "+
		"that everybody knows: start without --demo and CRM_DEMO, or name another database with --database or "+
		"CRM_DATABASE", what)
}

// beyondLoopback reports whether requests may come from beyond the loopback: over the network, or from a
// proxy.
func beyondLoopback(at net.Addr, c config) bool {
	address, ok := at.(*net.TCPAddr)
	return !ok || !address.IP.IsLoopback() || len(c.trustedProxies) > 0
}

// sessions returns the users and sessions that the server accepts. Without --demo, it accepts the demo login
// on the loopback only, because another program may turn the database into a demo at any time.
func sessions(c config, db *store.Store) auth.Sessions {
	if c.demo {
		return db
	}
	return demoSessions{db, c.exposed}
}

// demoSessions hides the demo login of a demo database from requests that come from beyond the loopback.
type demoSessions struct {
	*store.Store
	exposed bool
}

func (s demoSessions) hidden(ctx context.Context, name string) (bool, error) {
	if name != DemoUser || !s.exposed && ctx.Value(forwardedKey{}) == nil {
		return false, nil
	}
	return s.IsDemo(ctx)
}

// User returns the demo user as disabled if the login is hidden from the request.
func (s demoSessions) User(ctx context.Context, name string) (*models.User, error) {
	user, err := s.Store.User(ctx, name)
	if err != nil || user == nil {
		return user, err
	}
	hidden, err := s.hidden(ctx, name)
	user.Disabled = user.Disabled || hidden
	return user, err
}

// Caller rejects tokens of the demo user if the login is hidden from the request.
func (s demoSessions) Caller(ctx context.Context, tokenHash []byte, now time.Time) (*models.Caller, error) {
	caller, err := s.Store.Caller(ctx, tokenHash, now)
	if err != nil || caller == nil {
		return caller, err
	}
	hidden, err := s.hidden(ctx, caller.Name)
	if err != nil || hidden {
		return nil, err
	}
	return caller, nil
}
