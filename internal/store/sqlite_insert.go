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

// eventTable lets SQLite read the events of a call out of our memory, as the rows of a virtual table (https://www.sqlite.org/vtab.html):
// one INSERT … SELECT takes a thousand of them. Bound as 28,000 parameters, or written as text, they cost half as much again
// (bench/README.md). The one writing connection uses it, for one transaction at a time.
type eventTable struct {
	events   []*models.WebCustomerEvent
	position int
}

const eventTableName = "temp.incoming_events"

// OR ROLLBACK and numbers of SQLite's own spare it the journal by which it would undo one statement alone, a tenth of all that a
// call costs: after an error the whole transaction is given up in any case.
var eventTableEvents = "INSERT OR ROLLBACK INTO web_customer_events (" + eventColumnList + ") SELECT " + eventColumnList + " FROM " + eventTableName

// insertEvents knows the numbers without reading them back: a transaction that writes has the only write lock from its beginning,
// and AUTOINCREMENT keeps the greatest number that there has ever been and counts on from it.
func (d *sqliteDialect) insertEvents(ctx context.Context, tx *sql.Tx, events []*models.WebCustomerEvent) error {
	var last int64
	if err := tx.QueryRowContext(ctx, "SELECT seq FROM sqlite_sequence WHERE name = 'web_customer_events'").Scan(&last); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	d.eventTable.events = events
	defer func() { d.eventTable.events = nil }()
	result, err := tx.ExecContext(ctx, eventTableEvents)
	if err != nil {
		return err
	}
	for i, event := range events {
		event.Number = last + 1 + int64(i)
	}
	if highest, err := result.LastInsertId(); err != nil || highest != last+int64(len(events)) {
		return errors.Join(fmt.Errorf("SQLite has numbered the last event %d and not %d", highest, last+int64(len(events))), err)
	}
	return nil
}

// eventTableConnector opens connections that have the feed as a table. Its driver is its own, so that the table is nobody else's.
type eventTableConnector struct {
	driver sqlitedriver.Driver
	dsn    string
}

func (f *eventTable) connector(dsn string) (driver.Connector, error) {
	c := &eventTableConnector{dsn: dsn}
	return c, c.driver.RegisterModule("incoming_events", f)
}

// walRetryTimeout is how long it may take others to turn a new file to WAL.
const walRetryTimeout = 10 * time.Second

// Connect opens a connection. Of several that turn a new file to WAL at once SQLite lets one, and does not let the others wait as it
// does otherwise, since each may hold what another waits for: they begin anew.
func (c *eventTableConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	for start := time.Now(); errors.Is((*sqliteDialect)(nil).classify(err, false), models.ErrAborted) && time.Since(start) < walRetryTimeout && ctx.Err() == nil; {
		time.Sleep(10 * time.Millisecond)
		conn, err = c.driver.Open(c.dsn)
	}
	if err != nil {
		return nil, err
	}
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, "CREATE VIRTUAL TABLE "+eventTableName+" USING incoming_events", nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// Driver is what the connections are opened with.
func (c *eventTableConnector) Driver() driver.Driver { return &c.driver }

// The rest is what SQLite asks of a module, its table and a cursor over it, which are all one here: there is one table, and it
// is read from its beginning to its end by one statement at a time.

// Create declares the table.
func (f *eventTable) Create(ctx vtab.Context, args []string) (vtab.Table, error) {
	return f.Connect(ctx, args)
}

// Connect declares the table.
func (f *eventTable) Connect(ctx vtab.Context, _ []string) (vtab.Table, error) {
	return f, ctx.Declare("CREATE TABLE incoming_events (" + eventColumnList + ")")
}

// BestIndex is asked for a plan; there is one.
func (f *eventTable) BestIndex(info *vtab.IndexInfo) error {
	info.EstimatedRows = 1000
	return nil
}

// Open begins to read.
func (f *eventTable) Open() (vtab.Cursor, error) { return f, nil }

// Disconnect has nothing to give back.
func (f *eventTable) Disconnect() error { return nil }

// Destroy has nothing to give back.
func (f *eventTable) Destroy() error { return nil }

// Filter goes to the first event.
func (f *eventTable) Filter(int, string, []vtab.Value) error {
	f.position = 0
	return nil
}

// Next goes to the next event.
func (f *eventTable) Next() error {
	f.position++
	return nil
}

// Eof tells whether there is none.
//
//lint:ignore ST1003 the name is vtab.Cursor's
func (f *eventTable) Eof() bool { return f.position >= len(f.events) }

// Rowid is the place of the event.
func (f *eventTable) Rowid() (int64, error) { return int64(f.position), nil }

// Close ends the reading.
func (f *eventTable) Close() error { return nil }

// Column is a value of the event.
func (f *eventTable) Column(column int) (vtab.Value, error) {
	return eventColumns[column].value.driverValue(f.events[f.position]), nil
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

func valueOrNull[T any](p *T) driver.Value {
	if p == nil {
		return nil
	}
	return *p
}
