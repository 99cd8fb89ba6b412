package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
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
var eventTableEvents = "INSERT OR ROLLBACK INTO web_customer_events (" + strings.Join(eventColumns, ", ") + ") SELECT " + strings.Join(eventColumns, ", ") + " FROM " + eventTableName

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
	return f, ctx.Declare("CREATE TABLE incoming_events (" + strings.Join(eventColumns, ", ") + ")")
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

// Column is a value of the event, in the order of eventColumns.
func (f *eventTable) Column(column int) (vtab.Value, error) {
	e := f.events[f.position]
	switch column {
	case 0:
		return e.ID[:], nil
	case 1:
		return e.AccountKey, nil
	case 2:
		return driverValue(e.ParticipantKey), nil
	case 3:
		return driverValue(e.ClassificationKey), nil
	case 4:
		return e.UnitKey, nil
	case 5:
		return e.PerformedOn.UnixMicro(), nil
	case 6:
		return e.Website, nil
	case 7:
		return driverValue(e.Description), nil
	case 8:
		return driverValue(e.ExternalSystem), nil
	case 9:
		return driverValue(e.ExternalSystemReferenceNumber), nil
	case 26:
		return e.CreatedAt.UnixMicro(), nil
	case 27:
		return e.CreatedByKey, nil
	case 28:
		if e.IdentifiersHash == nil {
			return nil, nil
		}
		return e.IdentifiersHash, nil
	}
	switch {
	case column < 18:
		return driverValue([...]*string{e.UDFString1, e.UDFString2, e.UDFString3, e.UDFString4, e.UDFString5, e.UDFString6, e.UDFString7, e.UDFString8}[column-10]), nil
	case column < 22:
		return driverValue([...]*float64{e.UDFFloat1, e.UDFFloat2, e.UDFFloat3, e.UDFFloat4}[column-18]), nil
	default:
		return micros([...]*time.Time{e.UDFDate1, e.UDFDate2, e.UDFDate3, e.UDFDate4}[column-22]), nil
	}
}

// driverValue is what a pointer points at, or nil.
func driverValue[T any](p *T) driver.Value {
	if p == nil {
		return nil
	}
	return *p
}

func micros(at *time.Time) driver.Value {
	if at == nil {
		return nil
	}
	return at.UnixMicro()
}
