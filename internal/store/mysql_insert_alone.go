package store

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	mysqldriver "github.com/go-sql-driver/mysql"

	"customer-events/models"
)

// insertAlone writes events in one statement without a transaction around it, which saves two to four round
// trips. An answer of the server is the outcome of the statement. After any other error that is unknown,
// since the statement commits by itself: models.ErrCommitUnknown.
//
// TiDB gets a transaction: it would commit the statement optimistically, whose errors mean something else.
func (d mysqlDialect) insertAlone(
	ctx context.Context, db *sql.DB, events []*models.WebCustomerEvent, noWait bool,
) (bool, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return false, d.classify(err, false)
	}
	defer conn.Close()
	server, err := d.server.ask(ctx, conn)
	if err != nil || server == tidbServer {
		return false, d.classify(err, false)
	}
	prefix := ""
	if noWait && server == mariaDBServer {
		prefix = "SET STATEMENT innodb_lock_wait_timeout = 0 FOR "
	}
	text := bufferPool.Get().(*insertBuilder)
	defer bufferPool.Put(text)
	if text.insert(prefix, events, d.packets) < len(events) {
		return false, nil
	}
	switch {
	case len(events) == 1:
		err = insertOne(ctx, conn, text.query(), events[0])
	case server == mariaDBServer:
		text.WriteString(" RETURNING id, number")
		err = insertReturning(ctx, conn, text.query(), events)
	default:
		if _, err = conn.ExecContext(ctx, text.query()); err == nil {
			if err := readNumbers(ctx, d, conn, events); err != nil {
				// The events are stored, but only writing them again shows their numbers.
				return false, fmt.Errorf("%w: %w", models.ErrCommitUnknown, err)
			}
		}
	}
	switch {
	case err == nil:
		return true, nil
	case d.isStatementTooLarge(err): // nothing was sent; the transaction sends smaller statements
		return false, nil
	case errors.Is(err, driver.ErrBadConn): // nothing was sent: the driver must not say so otherwise
		return false, d.classify(err, false)
	}
	var answer *mysqldriver.MySQLError
	isAnswer := errors.As(err, &answer)
	return false, d.classify(d.packets.note(err, text.Len(), len(events)), !isAnswer)
}

// insertOne writes one event. The number is the last insert id, whatever the increment is.
func insertOne(ctx context.Context, conn *sql.Conn, query string, event *models.WebCustomerEvent) error {
	result, err := conn.ExecContext(ctx, query)
	if err != nil {
		return err
	}
	event.Number, err = result.LastInsertId()
	return err
}

// insertReturning writes events with a statement that returns their ids and numbers.
func insertReturning(
	ctx context.Context, conn *sql.Conn, query string, events []*models.WebCustomerEvent,
) error {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	next := 0
	for ; rows.Next(); next++ {
		var id sql.RawBytes
		var number int64
		if err := rows.Scan(&id, &number); err != nil {
			return err
		}
		if next >= len(events) || !bytes.Equal(id, events[next].ID[:]) {
			return errors.New("the database returned other ids than were sent")
		}
		events[next].Number = number
	}
	if err := rows.Err(); err != nil || next == len(events) {
		return err
	}
	return fmt.Errorf("the database returned %d of %d numbers", next, len(events))
}

// mysqlServer is the kind of the server, once it is known. MariaDB has INSERT … RETURNING and SET STATEMENT.
// Sources: https://mariadb.com/kb/en/insertreturning/ (since 10.5), https://mariadb.com/kb/en/set-statement/,
// https://mariadb.com/kb/en/innodb-system-variables/ (a lock wait timeout of 0, since 10.3).
// docs/databases.md requires 10.6.
type mysqlServer struct{ kind atomic.Int32 }

// The kinds of servers.
const (
	unknownServer = iota
	mariaDBServer
	tidbServer
	otherServer
)

// ask returns the kind of the server. It asks for the version once.
func (s *mysqlServer) ask(ctx context.Context, conn *sql.Conn) (int32, error) {
	if kind := s.kind.Load(); kind != unknownServer {
		return kind, nil
	}
	var version string
	if err := conn.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return unknownServer, err
	}
	kind := int32(otherServer)
	switch {
	case strings.Contains(version, "MariaDB"):
		kind = mariaDBServer
	case isTiDB(version):
		kind = tidbServer
	}
	s.kind.Store(kind)
	return kind, nil
}
