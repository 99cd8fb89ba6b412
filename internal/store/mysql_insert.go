package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	mysqldriver "github.com/go-sql-driver/mysql"

	"customer-events/models"
)

var insertEventsSQL = "INSERT INTO web_customer_events (" + eventColumnList + ") VALUES "

// insertEvents writes events in as few statements as the server takes, and reads the numbers that it gave them.
func (d mysqlDialect) insertEvents(ctx context.Context, tx *sql.Tx, events []*models.WebCustomerEvent) error {
	if err := insertLiterals(ctx, tx, events, d.packets); err != nil {
		return err
	}
	return readNumbers(ctx, d, tx, events)
}

func insertLiterals(ctx context.Context, tx *sql.Tx, events []*models.WebCustomerEvent, packets *packetLimit) error {
	text := bufferPool.Get().(*insertBuilder)
	defer bufferPool.Put(text)
	for most := len(events); len(events) > 0; {
		n, bytes := 0, len(insertEventsSQL)
		for n < min(most, len(events)) && (n == 0 || bytes+literalSize(events[n]) <= packets.bytes()) {
			bytes += literalSize(events[n])
			n++
		}
		text.Reset()
		text.Grow(bytes + bytes/8)
		text.WriteString(insertEventsSQL)
		for i, event := range events[:n] {
			if i > 0 {
				text.WriteByte(',')
			}
			text.event(event)
		}
		switch _, err := tx.ExecContext(ctx, text.query()); {
		case errors.Is(err, mysqldriver.ErrPktTooLarge) && n > 1:
			// The driver knows the server's max_allowed_packet and has sent nothing.
			most = n / 2
		case errors.Is(err, mysqldriver.ErrPktTooLarge):
			return fmt.Errorf("%w: %w", errRowTooLarge, err)
		case err != nil:
			return packets.note(err, text.Len(), n)
		default:
			events = events[n:]
		}
	}
	return nil
}

// mysqlValue is a column whose values can be written as literals.
type mysqlValue interface {
	// appendLiteral writes the event's value.
	appendLiteral(l *insertBuilder, e *models.WebCustomerEvent)
	// maxLiteralSize is the size of the longest literal, with the comma before it; for a text, that of an empty one.
	maxLiteralSize() int
}

func (c idColumn) appendLiteral(l *insertBuilder, e *models.WebCustomerEvent)    { l.id(c(e)) }
func (c keyColumn) appendLiteral(l *insertBuilder, e *models.WebCustomerEvent)   { l.key(c(e)) }
func (c textColumn) appendLiteral(l *insertBuilder, e *models.WebCustomerEvent)  { l.text(c(e)) }
func (c floatColumn) appendLiteral(l *insertBuilder, e *models.WebCustomerEvent) { l.float(c(e)) }
func (c timeColumn) appendLiteral(l *insertBuilder, e *models.WebCustomerEvent)  { l.time(c(e)) }
func (c bytesColumn) appendLiteral(l *insertBuilder, e *models.WebCustomerEvent) { l.hash(c(e)) }

func (idColumn) maxLiteralSize() int    { return len(",x''") + 2*len(models.ID{}) }
func (keyColumn) maxLiteralSize() int   { return len(",-9223372036854775808") }
func (textColumn) maxLiteralSize() int  { return len(",''") }
func (floatColumn) maxLiteralSize() int { return len(",-1.7976931348623157e+308") }
func (timeColumn) maxLiteralSize() int  { return len(",'2006-01-02 15:04:05.000000'") }
func (bytesColumn) maxLiteralSize() int { return len(",x''") + 2*3*models.IdentifierHashLength }

// rowSize is the size of a row without the bytes of its texts, and textColumns are the columns that have those.
var rowSize, textColumns = func() (size int, texts []textColumn) {
	size = len("(),")
	for _, column := range eventColumns {
		size += column.value.maxLiteralSize()
		if text, ok := column.value.(textColumn); ok {
			texts = append(texts, text)
		}
	}
	return size, texts
}()

// literalSize estimates the size of a row. Only escaped characters can make the row larger.
func literalSize(e *models.WebCustomerEvent) int {
	n := rowSize
	for _, column := range textColumns {
		if text := column(e); text != nil {
			n += len(*text)
		}
	}
	return n
}

// event writes a row.
func (l *insertBuilder) event(e *models.WebCustomerEvent) {
	start := l.Len()
	for i := range eventColumns {
		eventColumns[i].value.appendLiteral(l, e)
	}
	l.Bytes()[start] = '(' // the comma before the first value
	l.WriteByte(')')
}
