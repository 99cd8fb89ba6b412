package app_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"customer-events/internal/app"
	"customer-events/internal/store"
	"customer-events/test/apitest"
)

// faulty makes statements on all connections of a store fail.
type faulty struct {
	// fail returns the error of a statement, or nil to execute it. COMMIT is a statement.
	fail atomic.Pointer[func(statement string) error]
}

func (f *faulty) set(fail func(statement string) error) { f.fail.Store(&fail) }

func (f *faulty) err(statement string) error {
	if fail := f.fail.Load(); fail != nil {
		return (*fail)(statement)
	}
	return nil
}

func (f *faulty) open(connector driver.Connector) *sql.DB {
	return sql.OpenDB(faultyConnector{connector, f})
}

type faultyConnector struct {
	driver.Connector
	faults *faulty
}

func (c faultyConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return &faultyConn{conn, c.faults}, err
}

type faultyConn struct {
	driver.Conn
	faults *faulty
}

func (c *faultyConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, options)
	return faultyTx{tx, c.faults}, err
}

func (c *faultyConn) ExecContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (driver.Result, error) {
	if err := c.faults.err(query); err != nil {
		return nil, err
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *faultyConn) QueryContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (driver.Rows, error) {
	if err := c.faults.err(query); err != nil {
		return nil, err
	}
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *faultyConn) CheckNamedValue(value *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(value)
	}
	return driver.ErrSkip
}

type faultyTx struct {
	driver.Tx
	faults *faulty
}

func (t faultyTx) Commit() error {
	if err := t.faults.err("COMMIT"); err != nil {
		_ = t.Rollback()
		return err
	}
	return t.Tx.Commit()
}

// onFaulty serves the demo data of a database on connections that a test can make fail. The returned server
// is logged in and retries calls for 200 ms only.
func onFaulty(t *testing.T, url string) (*apitest.Server, *faulty, *store.Store) {
	t.Helper()
	faults, log := new(faulty), slog.New(slog.NewJSONHandler(io.Discard, nil))
	db, err := store.OpenWith(t.Context(), url, log, faults.open)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	handler, err := app.DemoHandler(t.Context(), url, db, []byte(apitest.SecretKey), log)
	if err != nil {
		t.Fatal(err)
	}
	served := httptest.NewServer(handler)
	t.Cleanup(served.Close)
	s := &apitest.Server{URL: served.URL, Client: served.Client()}
	s.Token = s.Login(t, app.DemoUser, app.DemoPassword)
	return s, faults, db
}

// onRecording returns a function for faulty.set that fails the statements that write events.
func onRecording(fault error) func(string) error {
	return func(statement string) error {
		if strings.HasPrefix(statement, "INSERT") && strings.Contains(statement, "web_customer_events") {
			return fault
		}
		return nil
	}
}
