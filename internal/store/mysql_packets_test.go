package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/google/uuid"

	"customer-events/models"
)

// narrow is a connector through a proxy that accepts statements up to a size, and closes the connection
// after a larger one.
type narrow struct {
	driver.Connector
	maxBytes int
}

type narrowConn struct {
	driver.Conn
	maxBytes int
}

func (c narrow) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return narrowConn{conn, c.maxBytes}, err
}

func (c narrowConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, options)
}

func (c narrowConn) ExecContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (driver.Result, error) {
	if len(query) > c.maxBytes {
		const message = "Got a packet bigger than 'max_allowed_packet' bytes"
		return nil, errors.Join(&mysqldriver.MySQLError{Number: 1153, Message: message}, c.Close())
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c narrowConn) QueryContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

// TestRecord_ProxyWithSmallPackets records events through a proxy that accepts smaller statements than
// the server. The statements must become smaller with each retry, and an event that is too large must be
// rejected alone.
func TestRecord_ProxyWithSmallPackets(t *testing.T) {
	t.Parallel()
	url := databases["MySQL"](t)
	open(t, func(testing.TB) string { return url })
	s, err := OpenWith(t.Context(), url, slog.New(slog.DiscardHandler), func(c driver.Connector) *sql.DB {
		return sql.OpenDB(narrow{c, 20_000})
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	at := time.Now().UTC().Truncate(time.Microsecond)
	entry := models.WriteSet{At: at}
	for range 1000 {
		entry.Events = append(entry.Events, &models.WebCustomerEvent{
			ID:           models.ID(uuid.Must(uuid.NewV7())),
			AccountKey:   1,
			UnitKey:      1,
			CreatedAt:    at,
			CreatedByKey: 1,
			EventDetails: models.EventDetails{PerformedOn: at, Website: strings.Repeat("w", 1000)},
		})
	}
	record := func() (tries int, err error) {
		for tries < 15 {
			tries++
			if err = s.Record(t.Context(), entry); !errors.Is(err, models.ErrAborted) || s.dialect.isRowError(err) {
				break
			}
		}
		return tries, err
	}
	long := strings.Repeat("'", 12_000)
	entry.Events[500].Description = &long
	var rejected *models.RowRejectedError
	if tries, err := record(); !errors.As(err, &rejected) || rejected.Index != 500 {
		t.Fatalf("after %d tries: %v", tries, err)
	}
	entry.Events[500].Description = nil
	if tries, err := record(); err != nil || tries > 1 {
		t.Errorf("after %d tries: %v", tries, err)
	}
}
