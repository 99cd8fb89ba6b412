package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"

	"customer-events/models"
)

// preparedRows is the number of events that one execution of a prepared INSERT writes. 50 take 5 % longer,
// and more take longer to prepare. With fewer than minPrepared events, the transaction and the preparation
// cost about what they save.
const (
	preparedRows = 100
	minPrepared  = 2 * preparedRows
)

// insertPreparedSQL is the prepared INSERT of preparedRows events.
var insertPreparedSQL = insertEventsSQL + strings.TrimSuffix(
	strings.Repeat("("+placeholders(len(eventColumns))+"),", preparedRows), ",") + returnNumbers

// returnNumbers is the end of an INSERT on MariaDB that returns what setNumbers reads.
const returnNumbers = " RETURNING id, number"

// usesPrepared reports whether insertEvents writes this many events with a prepared INSERT. MySQL gains
// nothing from it, and TiDB was not measured. A proxy with small packets gets text, whose size is known
// before it is sent.
func (d mysqlDialect) usesPrepared(server int32, events int) bool {
	return events >= minPrepared && server == mariaDBServer && !d.server.refusesPrepared.Load() &&
		d.packets.learned.Load() == 0
}

// insertPrepared writes the first events, in multiples of preparedRows, with a prepared INSERT: the server
// parses no megabyte of text, which is a fifth of the time of an INSERT (test/bench/README.md). It sets their
// numbers. It returns how many it has written: fewer, if the driver knows that a statement is too large for
// the server.
//
// The statement is prepared for each transaction. To keep it for each connection would save 3 % of the
// INSERT, would hold 3000 parameters in the server's memory for each connection, and would let an execution
// that was not sent leave long values on the server for the next one.
func (d mysqlDialect) insertPrepared(
	ctx context.Context, tx *sql.Tx, events []*models.WebCustomerEvent,
) (written int, err error) {
	chunks, stop := encodeChunks(events)
	defer stop()
	statement, err := tx.PrepareContext(ctx, insertPreparedSQL)
	switch {
	case errors.Is(err, mysqldriver.ErrPktTooLarge):
		return 0, nil
	case err != nil:
		return 0, d.server.notePrepared(err)
	}
	defer statement.Close()
	for values := range chunks {
		chunk := events[written : written+preparedRows]
		err := setNumbers(chunk, func() (*sql.Rows, error) { return statement.QueryContext(ctx, values...) })
		switch {
		case errors.Is(err, mysqldriver.ErrPktTooLarge): // nothing was executed
			return written, nil
		case err != nil:
			return written, d.server.notePrepared(d.packets.note(err, literalSizes(chunk), len(chunk)))
		}
		written += len(chunk)
	}
	return written, nil
}

// encodeChunks sends the values of each preparedRows events to a channel, and closes it. It encodes the next
// ones while the server works on those before, which saves a twentieth of the time of a call. stop ends the
// encoding, so that the caller can change the events again.
func encodeChunks(events []*models.WebCustomerEvent) (chunks <-chan []any, stop func()) {
	encoded, stopped, done := make(chan []any, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		defer close(encoded)
		for ; len(events) >= preparedRows; events = events[preparedRows:] {
			values := make([]any, 0, preparedRows*len(eventColumns))
			for _, event := range events[:preparedRows] {
				for i := range eventColumns {
					values = append(values, eventColumns[i].value.parameter(event))
				}
			}
			select {
			case encoded <- values:
			case <-stopped:
				return
			}
		}
	}()
	return encoded, func() { close(stopped); <-done }
}

// literalSizes returns the sum of literalSize. As parameters, texts are as long, and other values are
// shorter.
func literalSizes(events []*models.WebCustomerEvent) (size int) {
	for _, event := range events {
		size += literalSize(event)
	}
	return size
}

// notePrepared makes later INSERTs text if the error says that the server, or a proxy before it, refuses
// prepared statements. The transaction must be retried. It returns the error.
func (s *mysqlServer) notePrepared(err error) error {
	var answer *mysqldriver.MySQLError
	if errors.As(err, &answer) && slices.Contains(refusedPrepared, mysqlCode(answer)) {
		s.refusesPrepared.Store(true)
	}
	return err
}

// parameter returns the value for a prepared statement: of the same form as the literal.
func (c idColumn) parameter(e *models.WebCustomerEvent) any    { return c.driverValue(e) }
func (c keyColumn) parameter(e *models.WebCustomerEvent) any   { return c.driverValue(e) }
func (c textColumn) parameter(e *models.WebCustomerEvent) any  { return c.driverValue(e) }
func (c floatColumn) parameter(e *models.WebCustomerEvent) any { return c.driverValue(e) }
func (c bytesColumn) parameter(e *models.WebCustomerEvent) any { return c.driverValue(e) }

func (c timeColumn) parameter(e *models.WebCustomerEvent) any {
	if at := c(e); at != nil {
		return appendTime(make([]byte, 0, len("2006-01-02 15:04:05.000000")), *at)
	}
	return nil
}
