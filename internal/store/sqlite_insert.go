package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	sqlitedriver "modernc.org/sqlite"
	"modernc.org/sqlite/vtab"

	"customer-events/models"
)

// eventTable is a virtual table (https://www.sqlite.org/vtab.html) whose rows are the events of a call,
// in the memory of the program. One INSERT … SELECT writes a thousand of them. As 29,000 parameters or as
// text they would take half as long again, and as JSON for json_each more than four times as long
// (test/bench/README.md). Only the one writing connection uses the table, for one transaction at a time.
type eventTable struct {
	events   []*models.WebCustomerEvent
	position int
}

const eventTableName = "temp.incoming_events"

// copyEventTable writes the events of the virtual table. With OR ROLLBACK, and with numbers that SQLite
// chooses, SQLite needs no statement journal, which saves a tenth of the cost of a call. An error drops
// the whole transaction anyway.
var copyEventTable = "INSERT OR ROLLBACK INTO web_customer_events (" + eventColumnList + ") " +
	"SELECT " + eventColumnList + " FROM " + eventTableName

// insertEvents writes events and computes their numbers instead of reading them. That is possible because
// the transaction has held the only write lock from its beginning, and AUTOINCREMENT counts up from the
// highest number that the table has ever had.
func (d *sqliteDialect) insertEvents(
	ctx context.Context, tx *sql.Tx, events []*models.WebCustomerEvent,
) error {
	var last int64
	const lastNumber = "SELECT seq FROM sqlite_sequence WHERE name = 'web_customer_events'"
	err := tx.QueryRowContext(ctx, lastNumber).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	d.eventTable.events = events
	defer func() { d.eventTable.events = nil }()
	result, err := tx.ExecContext(ctx, copyEventTable)
	if err != nil {
		return err
	}
	for i, event := range events {
		event.Number = last + 1 + int64(i)
	}
	want := last + int64(len(events))
	if highest, err := result.LastInsertId(); err != nil || highest != want {
		wrong := fmt.Errorf("SQLite gave the last event the number %d instead of %d", highest, want)
		return errors.Join(wrong, err)
	}
	return nil
}

// eventTableConnector opens connections that have the virtual table. It has a driver of its own, because
// a driver shares its modules with all its connections.
type eventTableConnector struct {
	driver sqlitedriver.Driver
	dsn    string
}

// connector returns a connector whose connections read this table.
func (t *eventTable) connector(dsn string) (driver.Connector, error) {
	c := &eventTableConnector{dsn: dsn}
	return c, c.driver.RegisterModule("incoming_events", t)
}

// walRetryTimeout limits how long Connect waits for other connections to switch a new file to WAL.
const walRetryTimeout = 10 * time.Second

// Connect opens a connection. When several connections switch a new file to WAL at the same time, SQLite
// fails all but one of them at once instead of letting them wait, because they could deadlock. Connect
// retries.
func (c *eventTableConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	isBusy := func() bool { return errors.Is((*sqliteDialect)(nil).classify(err, false), models.ErrAborted) }
	for start := time.Now(); isBusy() && time.Since(start) < walRetryTimeout && ctx.Err() == nil; {
		time.Sleep(10 * time.Millisecond)
		conn, err = c.driver.Open(c.dsn)
	}
	if err != nil {
		return nil, err
	}
	create := "CREATE VIRTUAL TABLE " + eventTableName + " USING incoming_events"
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, create, nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// Driver returns the driver of the connections.
func (c *eventTableConnector) Driver() driver.Driver { return &c.driver }

// The following methods make eventTable a vtab.Module, a vtab.Table and a vtab.Cursor at once. One type
// is enough because there is one table, and one statement at a time reads it from the first row to the
// last.

// Create declares the table.
func (t *eventTable) Create(ctx vtab.Context, args []string) (vtab.Table, error) {
	return t.Connect(ctx, args)
}

// Connect declares the table.
func (t *eventTable) Connect(ctx vtab.Context, _ []string) (vtab.Table, error) {
	return t, ctx.Declare("CREATE TABLE incoming_events (" + eventColumnList + ")")
}

// BestIndex estimates the number of rows. There is no index.
func (t *eventTable) BestIndex(info *vtab.IndexInfo) error {
	info.EstimatedRows = 1000
	return nil
}

// Open returns the cursor.
func (t *eventTable) Open() (vtab.Cursor, error) { return t, nil }

// Disconnect does nothing.
func (t *eventTable) Disconnect() error { return nil }

// Destroy does nothing.
func (t *eventTable) Destroy() error { return nil }

// Filter moves the cursor to the first event.
func (t *eventTable) Filter(int, string, []vtab.Value) error {
	t.position = 0
	return nil
}

// Next moves the cursor to the next event.
func (t *eventTable) Next() error {
	t.position++
	return nil
}

// Eof reports whether the cursor is after the last event.
//
//lint:ignore ST1003 the name is vtab.Cursor's
func (t *eventTable) Eof() bool { return t.position >= len(t.events) }

// Rowid returns the position of the event.
func (t *eventTable) Rowid() (int64, error) { return int64(t.position), nil }

// Close does nothing.
func (t *eventTable) Close() error { return nil }

// Column returns a value of the event, as SQLite's type.
func (t *eventTable) Column(column int) (vtab.Value, error) {
	return eventColumns[column].value.driverValue(t.events[t.position]), nil
}

// sqliteValue is a column whose values can be passed to SQLite.
type sqliteValue interface {
	driverValue(e *models.WebCustomerEvent) driver.Value
}

func (c idColumn) driverValue(e *models.WebCustomerEvent) driver.Value    { return c(e)[:] }
func (c keyColumn) driverValue(e *models.WebCustomerEvent) driver.Value   { return valueOrNull(c(e)) }
func (c textColumn) driverValue(e *models.WebCustomerEvent) driver.Value  { return valueOrNull(c(e)) }
func (c floatColumn) driverValue(e *models.WebCustomerEvent) driver.Value { return valueOrNull(c(e)) }

func (c timeColumn) driverValue(e *models.WebCustomerEvent) driver.Value {
	if at := c(e); at != nil {
		return at.UnixMicro()
	}
	return nil
}

func (c bytesColumn) driverValue(e *models.WebCustomerEvent) driver.Value {
	if bytes := c(e); bytes != nil {
		return bytes
	}
	return nil
}

// valueOrNull returns the value that p points to, or nil.
func valueOrNull[T any](p *T) driver.Value {
	if p == nil {
		return nil
	}
	return *p
}
